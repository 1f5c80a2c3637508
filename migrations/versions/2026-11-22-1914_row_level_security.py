"""The fourth wall: row-level security on every tenant-scoped table, grants, and the functions that enter a store.

Revision: 20261122_1914, after 20261122_1913. PostgreSQL only. The tables are new, so no traffic waits for these locks.

Two policies a table: stormcom_function sees the current store and may write nothing else; stormcom_platform sees all.
A role without a policy sees nothing. What can be restored is never deleted by a function, so it has no DELETE there.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_1914"
down_revision: str | None = "20261122_1913"
branch_labels: str | None = None
depends_on: str | None = None

GLOBAL = {
    "subscription_plans": "SELECT",
    "roles": "SELECT",
    "users": "SELECT, INSERT, UPDATE",
    "accounts": "SELECT, INSERT, UPDATE, DELETE",
    "sessions": "SELECT, INSERT, UPDATE, DELETE",
    "verification_tokens": "SELECT, INSERT, UPDATE, DELETE",
    "password_histories": "SELECT, INSERT, UPDATE, DELETE",
}
RESTORABLE = [
    "products",
    "variants",
    "categories",
    "brands",
    "customers",
    "addresses",
    "orders",
    "coupons",
    "flash_sales",
    "tax_rates",
    "shipping_zones",
    "shipping_rates",
    "pages",
    "blogs",
    "product_reviews",
]
DELETABLE = [
    "attributes",
    "cart_items",
    "carts",
    "consent_records",
    "coupon_categories",
    "coupon_customers",
    "coupon_products",
    "coupon_redemptions",
    "email_messages",
    "external_links",
    "external_platform_integrations",
    "flash_sale_items",
    "idempotency_keys",
    "inventory_adjustments",
    "media",
    "newsletter_campaigns",
    "order_counters",
    "order_items",
    "outbox_events",
    "payment_gateway_configs",
    "payments",
    "pos_sessions",
    "privacy_requests",
    "product_attributes",
    "product_categories",
    "product_labels",
    "refund_items",
    "refunds",
    "shipment_items",
    "shipments",
    "stock_reservations",
    "store_subscriptions",
    "sync_queue",
    "tax_exemptions",
    "user_stores",
    "webhook_deliveries",
    "wishlist_items",
    "wishlists",
]
TENANT = (
    {"stores": "SELECT, UPDATE", "audit_logs": "SELECT, INSERT"}
    | dict.fromkeys(RESTORABLE, "SELECT, INSERT, UPDATE")
    | dict.fromkeys(DELETABLE, "SELECT, INSERT, UPDATE, DELETE")
)

_ENTER = """
CREATE OR REPLACE FUNCTION app.{name}({arguments})
RETURNS TABLE (id text, slug text, status text, currency text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id text;
BEGIN
    SELECT s.id INTO found_id FROM public.stores s WHERE s.deleted_at IS NULL AND {match};
    IF found_id IS NULL THEN
        RETURN;
    END IF;
    IF app.current_store() <> found_id THEN
        RAISE EXCEPTION 'this transaction belongs to another store' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('app.store_id', found_id, true);
    RETURN QUERY SELECT s.id, s.slug, s.status, s.currency FROM public.stores s WHERE s.id = found_id;
END
$$
"""


def upgrade() -> None:
    if not on_postgresql():
        return
    run("GRANT USAGE ON SCHEMA public TO stormcom_function, stormcom_platform")
    for table, rights in (GLOBAL | TENANT).items():
        run(f"GRANT {rights} ON {table} TO stormcom_function")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO stormcom_platform")
    for table in TENANT:
        _protect(table)
    run(_ENTER.format(name="enter_store", arguments="p_store_id text", match="s.id = p_store_id"))
    run(
        _ENTER.format(
            name="enter_storefront",
            arguments="p_slug text, p_host text",
            match="(s.domain = p_host OR s.slug = p_slug) ORDER BY s.domain IS NOT DISTINCT FROM p_host DESC LIMIT 1",
        )
    )
    for function in ("app.enter_store(text)", "app.enter_storefront(text, text)"):
        run(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {function} TO stormcom_function, stormcom_platform")


def downgrade() -> None:
    if not on_postgresql():
        return
    run("DROP FUNCTION IF EXISTS app.enter_store(text)")
    run("DROP FUNCTION IF EXISTS app.enter_storefront(text, text)")
    for table in TENANT:
        run(f"DROP POLICY IF EXISTS tenant ON {table}")
        run(f"DROP POLICY IF EXISTS platform ON {table}")
        run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
    for table in GLOBAL | TENANT:
        run(f"REVOKE ALL ON {table} FROM stormcom_function, stormcom_platform")


def _protect(table: str) -> None:
    owner = "id" if table == "stores" else "store_id"
    # A sub-select is evaluated once a statement, not once a row.
    own = f"{owner} = (SELECT app.current_store())"
    run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    run(f"DROP POLICY IF EXISTS tenant ON {table}")
    run(f"CREATE POLICY tenant ON {table} TO stormcom_function USING ({own}) WITH CHECK ({own})")
    run(f"DROP POLICY IF EXISTS platform ON {table}")
    run(f"CREATE POLICY platform ON {table} TO stormcom_platform USING (true) WITH CHECK (true)")
