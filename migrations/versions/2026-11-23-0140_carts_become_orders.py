"""Carts remember what was chosen on the way to the till, and orders what was agreed there.

Revision: 20261123_0140, after 20261123_0130. Adds a table, and columns that are nullable or have a default.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import add_column, drop_column, index, json_type, now, on_postgresql, protect, tenant_key

revision: str = "20261123_0140"
down_revision: str | None = "20261123_0130"
branch_labels: str | None = None
depends_on: str | None = None


def _columns() -> list[tuple[str, sa.Column[object]]]:
    def text(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.Text(), nullable=True)

    def moment(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=True)

    def money(name: str, *, nullable: bool = True) -> sa.Column[object]:
        kind = sa.Numeric(13, 3) if on_postgresql() else sa.BigInteger()
        return sa.Column(name, kind, nullable=nullable, server_default=None if nullable else sa.text("0"))

    def many(name: str) -> sa.Column[object]:
        return sa.Column(name, json_type(), server_default="[]", nullable=False)

    return [
        *(("carts", text(name)) for name in ("email", "phone", "notes", "shipping_rate_id")),
        ("carts", sa.Column("shipping_address", json_type(), nullable=True)),
        ("carts", sa.Column("billing_address", json_type(), nullable=True)),
        *(("orders", text(name)) for name in ("currency", "cart_id", "shipping_rate_id", "shipping_method")),
        ("orders", text("access_token_hash")),
        ("orders", text("cancel_reason")),
        ("orders", money("shipping_tax", nullable=False)),
        ("orders", money("amount_paid", nullable=False)),
        ("orders", money("amount_refunded", nullable=False)),
        ("orders", many("taxes")),
        ("orders", many("discounts")),
        *(("orders", moment(name)) for name in ("confirmed_at", "shipped_at", "delivered_at", "canceled_at")),
        ("order_items", text("product_id")),
        ("order_items", text("flash_sale_id")),
        ("order_items", money("regular_price")),
        ("order_items", many("taxes")),
        ("order_items", many("discounts")),
        ("order_items", sa.Column("needs_shipping", sa.Boolean(), server_default=sa.text("true"), nullable=False)),
    ]


def upgrade() -> None:
    name = "cart_coupons"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        tenant_key(name, "cart_id", to="carts"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        sa.UniqueConstraint("store_id", "cart_id", "code", name=f"uq_{name}_store_id_cart_id_code"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
    for table, column in _columns():
        add_column(table, column)
    protect(name)


def downgrade() -> None:
    for table, column in reversed(_columns()):
        drop_column(table, str(column.name))
    op.drop_table("cart_coupons", if_exists=True)
