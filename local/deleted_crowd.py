"""Shops with very many deleted things, to purge: products, customers, orders and what hangs on each, beside live ones.

Written past the triggers, which would take an hour, so by the superuser. The same numbers give the same rows.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

PARTS = {"products": 2, "variants": 4, "customers": 2, "addresses": 1, "orders": 1}
"""How many of ten deleted rows are what. Beside them are the children that cannot be restored by themselves."""
LIVE = 20
"""Live products of each shop, and as many live customers."""

_STORES = """
INSERT INTO stores (id, slug, name, email, status, currency)
SELECT 'd' || substr(md5('deleted-' || n), 1, 23), 'deleted-' || n, 'Deleted ' || n, n || '@example.com', 'ACTIVE', 'USD'
FROM generate_series(1, CAST(:stores AS int)) n ON CONFLICT DO NOTHING
"""
_SUBSCRIPTIONS = """
INSERT INTO store_subscriptions (id, store_id, plan_id, status, start_date, usage_reset_at, storage_bytes)
SELECT 'u' || substr(s.id, 2), s.id, p.id, 'ACTIVE', now(), now(), 1000000000
FROM stores s, subscription_plans p WHERE p.slug = 'enterprise' AND s.slug LIKE 'deleted-%' ON CONFLICT DO NOTHING
"""
_GONE = "CASE WHEN n > CAST(:live AS int) THEN now() - interval '100 days' END, CASE WHEN n > CAST(:live AS int) THEN 'x' || n END"
_EACH = "FROM stores s, generate_series(1, CAST(:number AS int) + CAST(:live AS int)) n WHERE s.slug LIKE 'deleted-%'"
_WRITE = {
    "products": f"""
INSERT INTO products (id, store_id, slug, name, status, published_at, deleted_at, deletion_id)
SELECT 'p' || substr(md5(s.id || n), 1, 23), s.id, 'p-' || n, 'Product ' || n, 'ACTIVE', now(), {_GONE} {_EACH}
""",
    "variants": f"""
INSERT INTO variants (id, store_id, product_id, sku, price, is_default, stock_quantity, attributes, deleted_at, deletion_id)
SELECT 'v' || substr(md5(s.id || n || k), 1, 23), s.id, 'p' || substr(md5(s.id || n), 1, 23), 'V-' || n || '-' || k, 10,
       k = 1, 5, '{{}}', {_GONE}
{_EACH.replace(" WHERE", ", generate_series(1, 2) k WHERE")}
""",
    "customers": f"""
INSERT INTO customers (id, store_id, email, first_name, deleted_at, deletion_id)
SELECT 'c' || substr(md5(s.id || n), 1, 23), s.id, 'c' || n || '@example.com', 'Customer ' || n, {_GONE} {_EACH}
""",
    "addresses": f"""
INSERT INTO addresses (id, store_id, customer_id, first_name, address1, city, postal_code, country, deleted_at, deletion_id)
SELECT 'a' || substr(md5(s.id || n), 1, 23), s.id, 'c' || substr(md5(s.id || n), 1, 23), 'Customer', n || ' Street', 'Town', '1', 'DE', {_GONE}
{_EACH} AND mod(n, 2) = 0
""",
    "orders": f"""
INSERT INTO orders (id, store_id, customer_id, order_number, subtotal, total, shipping_address, billing_address,
                    customer_email, created_at, deleted_at, deletion_id)
SELECT 'o' || substr(md5(s.id || n), 1, 23), s.id, 'c' || substr(md5(s.id || n), 1, 23), 'ORD-' || n, 10, 10, '{{"country": "DE", "city": "Town"}}',
       '{{"country": "DE"}}', 'c' || n || '@example.com', now() - CASE WHEN mod(n, 2) = 0 THEN interval '4 years' ELSE interval '200 days' END,
       {_GONE}
{_EACH}
""",
    "order_items": f"""
INSERT INTO order_items (id, store_id, order_id, variant_id, product_name, variant_sku, quantity, unit_price, subtotal)
SELECT 'l' || substr(md5(s.id || n), 1, 23), s.id, 'o' || substr(md5(s.id || n), 1, 23), 'v' || substr(md5(s.id || n || 1), 1, 23),
       'Product', 'V', 1, 10, 10
{_EACH}
""",
    "payments": f"""
INSERT INTO payments (id, store_id, order_id, method, gateway, amount, currency, transaction_id)
SELECT 'y' || substr(md5(s.id || n), 1, 23), s.id, 'o' || substr(md5(s.id || n), 1, 23), 'OTHER', 'x', 10, 'USD', 'T-' || n
{_EACH}
""",
    "inventory_adjustments": f"""
INSERT INTO inventory_adjustments (id, store_id, variant_id, quantity_change, new_quantity, reason)
SELECT 'i' || substr(md5(s.id || n || k), 1, 23), s.id, 'v' || substr(md5(s.id || n || k), 1, 23), 5, 5, 'RESTOCK'
{_EACH.replace(" WHERE", ", generate_series(1, 2) k WHERE")}
""",
    "product_labels": f"""
INSERT INTO product_labels (id, store_id, product_id, label)
SELECT 'b' || substr(md5(s.id || n), 1, 23), s.id, 'p' || substr(md5(s.id || n), 1, 23), 'NEW' {_EACH}
""",
    "media": f"""
INSERT INTO media (id, store_id, product_id, url, mime_type, size, storage_key)
SELECT 'm' || substr(md5(s.id || n), 1, 23), s.id, 'p' || substr(md5(s.id || n), 1, 23), 'https://example.com/' || n, 'image/png', 1000,
       CASE WHEN mod(n, 20) = 0 THEN 'media/' || s.id || '/' || n || '.png' END
{_EACH}
""",
    "carts": f"""
INSERT INTO carts (id, store_id, customer_id, expires_at)
SELECT 'k' || substr(md5(s.id || n), 1, 23), s.id, 'c' || substr(md5(s.id || n), 1, 23), now() {_EACH}
""",
}
_NUMBER_OF = {
    "variants": "products",
    "inventory_adjustments": "products",
    "product_labels": "products",
    "media": "products",
    "addresses": "customers",
    "carts": "customers",
    "order_items": "orders",
    "payments": "orders",
}


def write_deleted_crowd(connection: Connection, stores: int, rows: int) -> Iterator[str]:
    """Write about so many deleted rows over so many shops, as the superuser. Yields the name of each table written."""
    connection.execute(text("SET session_replication_role = replica"))
    parameters = {"stores": stores, "live": LIVE}
    for statement in (_STORES, _SUBSCRIPTIONS):
        connection.execute(text(statement), parameters)
    for table, statement in _WRITE.items():
        number = rows // stores * PARTS[_NUMBER_OF.get(table, table)] // 10
        connection.execute(text(f"{statement} ON CONFLICT DO NOTHING"), parameters | {"number": number})
        connection.commit()
        yield table
    connection.execute(text("SET session_replication_role = origin"))
    connection.commit()
