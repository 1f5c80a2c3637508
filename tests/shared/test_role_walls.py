"""The fifth wall in plain SQL: shops' functions know nothing of how people sign in, and identity nothing of shops."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from shared.models import Base, Customer, Order, Product, TenantScoped, User
from shared.tenancy import identity_session, storeless_session, tenant_session
from tests.conftest import Database
from tests.factories import customer_of, make_product, order_of
from tests.functions.stores.people import Shop, make_shop

DENIED = "42501"
SEEN_BY_IDENTITY = {"user_stores", "staff_invitations", "store_subscriptions"}
OF_STORES = sorted(
    name for name, table in Base.metadata.tables.items() if "store_id" in table.c and name not in SEEN_BY_IDENTITY
)
HIDDEN_FROM_SHOPS = [
    "SELECT password_hash FROM users",
    "SELECT mfa_secret, mfa_backup_codes FROM users",
    "SELECT * FROM users",
    "SELECT last_login_ip FROM users",
    "SELECT id FROM users WHERE password_hash LIKE '$argon%'",
    "SELECT email FROM users ORDER BY password_hash",
    "UPDATE users SET name = 'x'",
    "INSERT INTO users (id, email) VALUES ('x', 'x@example.com')",
    "DELETE FROM users",
    "SELECT * FROM sessions",
    "SELECT session_token_hash FROM sessions",
    "DELETE FROM sessions",
    "SELECT * FROM verification_tokens",
    "SELECT * FROM password_histories",
    "SELECT * FROM sign_in_attempts",
    "SELECT * FROM accounts",
    "SELECT * FROM platform_members",
    "INSERT INTO platform_members (id, user_id, role_id) SELECT 'x', id, 'x' FROM users",
    "SELECT * FROM account_mails",
    "UPDATE account_mails SET recipient = 'thief@example.com'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE stormcom_identity",
    "SET SESSION AUTHORIZATION stormcom_platform",
]
NOT_FOR_IDENTITY = [
    "UPDATE stores SET name = 'x'",
    "UPDATE user_stores SET permissions = '[\"*\"]'",
    "DELETE FROM user_stores",
    "UPDATE staff_invitations SET role_id = 'x'",
    "INSERT INTO staff_invitations (id, store_id, email, role_id, expires, invited_by) "
    "VALUES ('x', 'x', 'x', 'x', now(), 'x')",
    "UPDATE store_subscriptions SET current_staff = 0",
    "SELECT * FROM audit_logs",
    "DELETE FROM users",
    "INSERT INTO platform_members (id, user_id, role_id) VALUES ('x', 'x', 'x')",
    "SELECT * FROM request_counts",
    "SELECT * FROM app.enter_store('x')",
    "SET ROLE stormcom_function",
]


@pytest.fixture(scope="module")
def shop(one: Database) -> Shop:
    """A shop with a product, an order and a customer."""
    made = make_shop()
    make_product(made.id)
    with tenant_session(made.id) as session:
        session.add_all([order_of(), customer_of()])
    return made


@pytest.mark.parametrize("statement", HIDDEN_FROM_SHOPS)
def test_functions_of_shops_are_denied_what_is_about_signing_in(one: Database, shop: Shop, statement: str) -> None:
    with one.engine("DATABASE_URL").connect() as connection:
        connection.execute(text("SELECT * FROM app.enter_store(:id)"), {"id": shop.id})
        assert connection.scalar(text("SELECT count(*) FROM products")) == 1
        with pytest.raises(ProgrammingError, match=DENIED):
            connection.execute(text(statement))


@pytest.mark.parametrize("statement", NOT_FOR_IDENTITY)
def test_identity_is_denied_what_is_a_stores_to_do(one: Database, shop: Shop, statement: str) -> None:
    with one.engine("IDENTITY_DATABASE_URL").connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM stores WHERE id = :id"), {"id": shop.id}) == 1
        with pytest.raises(ProgrammingError, match=DENIED):
            connection.execute(text(statement))


@pytest.mark.parametrize("table", OF_STORES)
def test_identity_reads_no_table_of_a_store(one: Database, table: str) -> None:
    with one.engine("IDENTITY_DATABASE_URL").connect() as connection, pytest.raises(ProgrammingError, match=DENIED):
        connection.execute(text(f"SELECT 1 FROM {table}"))


@pytest.mark.parametrize("model", [Product, Order, Customer])
def test_the_identity_session_reads_no_orders_products_or_customers(
    one: Database, shop: Shop, model: type[TenantScoped]
) -> None:
    with pytest.raises(ProgrammingError, match=DENIED), identity_session() as session:
        session.scalars(select(model)).all()
    with tenant_session(shop.id) as session:
        assert len(session.scalars(select(model)).all()) == 1


def test_a_session_of_a_shop_reads_of_a_colleague_what_a_list_shows(one: Database, shop: Shop) -> None:
    with tenant_session(shop.id) as session:
        shown = session.execute(select(User.email, User.name).where(User.id == shop.admin.user_id)).one()
        assert shown.email == shop.admin.email
    with pytest.raises(ProgrammingError, match=DENIED), tenant_session(shop.id) as session:
        session.get(User, shop.admin.user_id)


def test_the_function_role_outside_a_store_sees_no_row_of_any(one: Database, shop: Shop) -> None:
    with storeless_session() as session:
        for table in ("stores", "products", "orders", "user_stores", "audit_logs", "store_subscriptions"):
            assert session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
