"""Customers sign in, coupons and stores say more of how prices are made, and what is left in the outbox is found.

Revision: 20261123_0130, after 20261123_0120. Adds tables, columns with a default, and one function.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import (
    add_column,
    drop_column,
    index,
    json_type,
    now,
    on_postgresql,
    protect,
    run,
    tenant_key,
)

revision: str = "20261123_0130"
down_revision: str | None = "20261123_0120"
branch_labels: str | None = None
depends_on: str | None = None

_TABLES = ("customer_sessions", "customer_tokens", "customer_attempts")

# It tells which store has messages that nobody sent, and nothing of them. Who sends them enters that store.
_DUE = """
CREATE OR REPLACE FUNCTION app.due_outbox_events(p_topic text, p_limit integer)
RETURNS TABLE (store_id text, event_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.store_id, e.id FROM public.outbox_events e
    JOIN public.stores s ON s.id = e.store_id AND s.deleted_at IS NULL
    WHERE e.sent_at IS NULL AND e.available_at <= now() AND e.topic = p_topic AND e.attempts < 10
    ORDER BY e.available_at LIMIT p_limit
$$
"""


def _columns() -> list[tuple[str, sa.Column[object]]]:
    def flag(name: str, *, default: bool = False) -> sa.Column[object]:
        return sa.Column(name, sa.Boolean(), server_default=sa.text(str(default).lower()), nullable=False)

    money = sa.Numeric(13, 3) if on_postgresql() else sa.BigInteger()
    return [
        ("coupons", flag("per_item")),
        ("coupons", sa.Column("buy_quantity", sa.Integer(), nullable=True)),
        ("coupons", sa.Column("get_quantity", sa.Integer(), nullable=True)),
        ("coupons", sa.Column("max_items", sa.Integer(), nullable=True)),
        ("coupons", sa.Column("max_order_value", money, nullable=True)),
        ("coupons", flag("exclude_sale_items")),
        ("coupons", flag("is_exclusive")),
        ("coupon_products", flag("is_excluded")),
        ("coupon_categories", flag("is_excluded")),
        ("tax_rates", flag("taxes_shipping", default=True)),
        ("stores", flag("prices_include_tax")),
        ("stores", flag("round_tax_at_subtotal")),
        ("stores", flag("coupons_in_sequence")),
        ("stores", sa.Column("unpaid_order_minutes", sa.Integer(), server_default=sa.text("60"), nullable=False)),
    ]


def upgrade() -> None:
    _table(
        "customer_sessions",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
    )
    _table(
        "customer_tokens",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    for name in ("customer_sessions", "customer_tokens"):
        index(f"ix_{name}_store_id_customer_id", name, "store_id", "customer_id")
        index(f"ix_{name}_expires_at", name, "expires_at")
    _table(
        "customer_attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("times", json_type(), server_default="[]", nullable=False),
        unique="key",
    )
    index("ix_customer_attempts_updated_at", "customer_attempts", "updated_at")
    for table, column in _columns():
        add_column(table, column)
    for table in _TABLES:
        protect(table)
    if on_postgresql():
        run(_DUE)
        run("REVOKE ALL ON FUNCTION app.due_outbox_events(text, integer) FROM public")
        run("GRANT EXECUTE ON FUNCTION app.due_outbox_events(text, integer) TO stormcom_function")


def downgrade() -> None:
    if on_postgresql():
        run("DROP FUNCTION IF EXISTS app.due_outbox_events(text, integer)")
    for table, column in reversed(_columns()):
        drop_column(table, str(column.name))
    for table in reversed(_TABLES):
        op.drop_table(table, if_exists=True)


def _table(name: str, *columns: sa.Column[object], unique: str = "token_hash") -> None:
    customers = [tenant_key(name, "customer_id", to="customers")] if columns[0].name == "customer_id" else []
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        *columns,
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        *customers,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        sa.UniqueConstraint("store_id", unique, name=f"uq_{name}_store_id_{unique}"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
