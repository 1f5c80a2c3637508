"""Orders for the made-up shops of local/generating.py: with customers, lines, payments, parcels and refunds.

Plain SQL in batches, as there. The same numbers give the same orders; what is there already stays. PostgreSQL only.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Engine, text

BATCH = 5_000
LAST = "2026-11-25 12:00+00"
"""When the newest order of each store was placed; they go back two years from there."""

_CUSTOMER = "'u' || substr(md5(s.id || mod(n, CAST(:customers AS int))), 1, 23)"
_ORDER = "'o' || substr(md5(s.id || n), 1, 23)"
_ITEM = "'t' || substr(md5(s.id || n || '-' || line), 1, 23)"
_GOODS = "substr(md5(s.id || (mod(n * 7 + line, CAST(:products AS int)) + 1)), 1, 23)"
_PAYMENT = "'y' || substr(md5(s.id || n), 1, 23)"
_REFUND = "'f' || substr(md5(s.id || n), 1, 23)"
_NUMBERS = "FROM stores s, generate_series(CAST(:first AS int), CAST(:last AS int)) n WHERE s.slug = :slug"
_LINES = "FROM stores s, generate_series(CAST(:first AS int), CAST(:last AS int)) n, generate_series(1, 2) line WHERE s.slug = :slug"
_PLACED = f"timestamptz '{LAST}' - (CAST(:orders AS int) - n) * (interval '730 days' / CAST(:orders AS int))"
# Of 20 orders 13 were delivered, 2 are on their way, and the others stand wherever an order can.
_STATUS = "(ARRAY['PENDING','CONFIRMED','PROCESSING','SHIPPED','SHIPPED','CANCELED','REFUNDED'])[mod(n, 20) + 1]"
_CUSTOMERS = """
INSERT INTO customers (id, store_id, email, first_name, last_name, total_orders, total_spent, created_at)
SELECT 'u' || substr(md5(s.id || n), 1, 23), s.id, 'customer-' || n || '@example.com', 'Customer', CAST(n AS text), 1 + mod(n, 9), 10 + mod(n * 37, 5000),
       timestamptz '2024-11-01 00:00+00' + n * interval '1 minute'
FROM stores s, generate_series(0, CAST(:customers AS int) - 1) n WHERE s.slug = :slug ON CONFLICT DO NOTHING
"""
_ORDERS = f"""
INSERT INTO orders (id, store_id, customer_id, order_number, subtotal, shipping_cost, tax_amount, discount_amount, total, currency, status,
                    payment_status, fulfillment_status, shipping_address, billing_address, customer_email, taxes, amount_paid, created_at, updated_at, deleted_at)
SELECT {_ORDER}, s.id, {_CUSTOMER}, 'ORD-' || (1000 + n), 60, 5, 6, 0, 71, 'USD', coalesce({_STATUS}, 'DELIVERED'),
       CASE WHEN mod(n, 20) IN (0, 1) THEN 'PENDING' ELSE 'PAID' END,
       CASE WHEN mod(n, 20) IN (0, 1, 2, 5) THEN 'UNFULFILLED' WHEN mod(n, 20) IN (3, 4) THEN 'SHIPPED' ELSE 'DELIVERED' END,
       jsonb_build_object('first_name', 'Ada', 'address1', '1 Main Street', 'city', 'Town', 'postal_code', '10001', 'country', 'US',
                          'state', (ARRAY['CA','NY','TX','WA'])[mod(n, 4) + 1]),
       jsonb_build_object('first_name', 'Ada', 'country', 'US'), 'customer-' || mod(n, CAST(:customers AS int)) || '@example.com',
       '[{{"rate_id": "r1", "name": "Sales tax", "rate": "0.1", "amount": "6"}}]'::jsonb, CASE WHEN mod(n, 20) IN (0, 1) THEN 0 ELSE 71 END,
       {_PLACED}, {_PLACED}, CASE WHEN mod(n, 500) = 499 THEN {_PLACED} END
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_ITEMS = f"""
INSERT INTO order_items (id, store_id, order_id, variant_id, product_id, product_name, variant_sku, quantity, unit_price, subtotal, tax_amount,
                         quantity_fulfilled, quantity_shipped, created_at, updated_at)
SELECT {_ITEM}, s.id, {_ORDER}, 'v' || {_GOODS}, 'p' || {_GOODS}, 'Thing ' || mod(n * 7 + line, CAST(:products AS int)), 'SKU-' || line, line, 20, line * 20, line * 2,
       CASE WHEN mod(n, 20) > 5 THEN line ELSE 0 END, CASE WHEN mod(n, 20) > 5 THEN line ELSE 0 END, {_PLACED}, {_PLACED}
{_LINES} ON CONFLICT DO NOTHING
"""
_PAYMENTS = f"""
INSERT INTO payments (id, store_id, order_id, method, gateway, amount, currency, status, created_at, updated_at)
SELECT {_PAYMENT}, s.id, {_ORDER}, 'BANK_TRANSFER', 'manual', 71, 'USD', CASE WHEN mod(n, 20) IN (0, 1) THEN 'PENDING' ELSE 'CAPTURED' END, {_PLACED}, {_PLACED}
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_SHIPMENTS = f"""
INSERT INTO shipments (id, store_id, order_id, carrier, tracking_number, shipping_method, shipping_cost, status, created_at, updated_at)
SELECT 'h' || substr(md5(s.id || n), 1, 23), s.id, {_ORDER}, 'DHL', 'T-' || n, 'Parcel', 5, 'DELIVERED', {_PLACED}, {_PLACED}
{_NUMBERS} AND mod(n, 20) > 5 ON CONFLICT DO NOTHING
"""
_REFUNDS = f"""
INSERT INTO refunds (id, store_id, order_id, payment_id, amount, reason, status, processed_at, created_at, updated_at)
SELECT {_REFUND}, s.id, {_ORDER}, {_PAYMENT}, 22, 'OTHER', 'COMPLETED', {_PLACED} + interval '3 days', {_PLACED}, {_PLACED}
{_NUMBERS} AND mod(n, 20) = 7 ON CONFLICT DO NOTHING
"""
_REFUND_ITEMS = f"""
INSERT INTO refund_items (id, store_id, refund_id, order_item_id, quantity, amount)
SELECT 'g' || substr(md5(s.id || n), 1, 23), s.id, {_REFUND}, {_ITEM}, 1, 22
{_NUMBERS.replace("n WHERE", "n, generate_series(1, 1) line WHERE")} AND mod(n, 20) = 7 ON CONFLICT DO NOTHING
"""
_OF_ORDERS = (_ORDERS, _ITEMS, _PAYMENTS, _SHIPMENTS, _REFUNDS, _REFUND_ITEMS)


def generate_orders(owner: Engine, orders: Mapping[str, int], products: int) -> Iterator[str]:
    """Give stores, named by their slugs, so many orders each, of their first so many products. Yields progress."""
    for slug, count in orders.items():
        given = {"slug": slug, "orders": count, "products": products, "customers": max(1, count // 5)}
        with owner.begin() as connection:
            connection.execute(text(_CUSTOMERS), given)
        for first in range(1, count + 1, BATCH):
            last = min(first + BATCH - 1, count)
            with owner.begin() as connection:
                _fill(connection, given | {"first": first, "last": last})
            yield f"{last} of {count} orders of {slug}"
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As autovacuum does in time: indexes alone answer for pages that it has seen.
        connection.execute(text("VACUUM (ANALYZE)"))
    yield "counted for the planner"


def _fill(connection: Connection, given: dict[str, object]) -> None:
    for statement in _OF_ORDERS:
        connection.execute(text(statement), given)
