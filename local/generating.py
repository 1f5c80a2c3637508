"""A crowd of made-up shops to measure with: one with very many products, and many beside it with a few.

Plain SQL in batches, since objects would take an hour. The same numbers give the same shops; what is there already stays.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, text

BATCH = 5_000
LARGE = "large"

_STORE = """
INSERT INTO stores (id, slug, name, email, status, currency)
SELECT 's' || substr(md5(slug), 1, 23), slug, initcap(slug), slug || '@example.com', 'ACTIVE', 'USD'
FROM (SELECT CASE n WHEN 0 THEN CAST(:large AS text) ELSE 'small-' || n END AS slug FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n) made
ON CONFLICT DO NOTHING
"""
_SUBSCRIPTION = """
INSERT INTO store_subscriptions (id, store_id, plan_id, status, start_date, usage_reset_at, current_products)
SELECT 'u' || substr(s.id, 2), s.id, p.id, 'ACTIVE', now(), now(), CAST(:products AS int)
FROM stores s, subscription_plans p WHERE p.slug = 'enterprise' AND s.id = ANY(:stores) ON CONFLICT DO NOTHING
"""
_BRANDS = """
INSERT INTO brands (id, store_id, slug, name)
SELECT 'b' || substr(md5(s.id || n), 1, 23), s.id, 'brand-' || n, 'Brand ' || (ARRAY['Acme','Zenith','Orion','Nova'])[mod(n, 4) + 1] || ' ' || n
FROM stores s, generate_series(1, CAST(:brands AS int)) n WHERE s.id = ANY(:stores) ON CONFLICT DO NOTHING
"""
_CATEGORIES = """
INSERT INTO categories (id, store_id, slug, name, parent_id, display_order)
SELECT 'c' || substr(md5(s.id || n), 1, 23), s.id, 'category-' || n, 'Category ' || n,
       CASE WHEN n > 8 THEN 'c' || substr(md5(s.id || (mod(n, 8) + 1)), 1, 23) END, n
FROM stores s, generate_series(CAST(:first AS int), CAST(:last AS int)) n WHERE s.id = ANY(:stores) ON CONFLICT DO NOTHING
"""
_ATTRIBUTES = """
INSERT INTO attributes (id, store_id, slug, name, values)
SELECT 'a' || substr(md5(s.id || a.slug), 1, 23), s.id, a.slug, initcap(a.slug), a.values::jsonb
FROM stores s, (VALUES ('color', '["Red","Blue","Green","Black","White"]'), ('size', '["S","M","L","XL"]')) a (slug, values)
WHERE s.id = ANY(:stores) ON CONFLICT DO NOTHING
"""
# A product's number says everything about it.
_NUMBERS = "FROM stores s, generate_series(CAST(:first AS int), CAST(:last AS int)) n WHERE s.id = ANY(:stores)"
_PRODUCT = "'p' || substr(md5(s.id || n), 1, 23)"
_PRODUCTS = f"""
INSERT INTO products (id, store_id, slug, name, short_description, sku, status, published_at, brand_id,
                      price_min, price_max)
SELECT {_PRODUCT}, s.id, 'product-' || n,
       (ARRAY['Quiet','Cordless','Golden','Compact','Travel','Organic','Vintage'])[mod(n, 7) + 1] || ' '
       || (ARRAY['kettle','lamp','shirt','vacuum','chair','notebook','bicycle','hoodie','camera','blender','sofa'])[mod(n, 11) + 1]
       || ' ' || n,
       'Made to last, in batch ' || mod(n, 97), 'P-' || n, CASE WHEN mod(n, 20) = 0 THEN 'DRAFT' ELSE 'ACTIVE' END,
       timestamptz '2026-01-01 00:00+00' + n * interval '1 minute' / 10, 'b' || substr(md5(s.id || (mod(n, CAST(:brands AS int)) + 1)), 1, 23),
       1 + mod(n, 977), 1 + mod(n, 977)
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_VARIANTS = f"""
INSERT INTO variants (id, store_id, product_id, sku, price, is_default, stock_quantity, attributes)
SELECT 'v' || substr(md5(s.id || n), 1, 23), s.id, {_PRODUCT}, 'SKU-' || n, 1 + mod(n, 977), true, mod(n, 50), '{{}}'
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_LEDGER = f"""
INSERT INTO inventory_adjustments (id, store_id, variant_id, quantity_change, new_quantity, reason, notes)
SELECT 'i' || substr(md5(s.id || n), 1, 23), s.id, 'v' || substr(md5(s.id || n), 1, 23), mod(n, 50), mod(n, 50), 'RESTOCK', 'first stock'
{_NUMBERS} AND mod(n, 50) > 0 ON CONFLICT DO NOTHING
"""
_PLACES = f"""
INSERT INTO product_categories (id, store_id, product_id, category_id, is_primary)
SELECT 'k' || substr(md5(s.id || n), 1, 23), s.id, {_PRODUCT}, 'c' || substr(md5(s.id || (mod(n, CAST(:categories AS int)) + 1)), 1, 23), true
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_QUALITIES = f"""
INSERT INTO product_attributes (id, store_id, product_id, attribute_id, selected_values)
SELECT 'q' || substr(md5(s.id || n), 1, 23), s.id, {_PRODUCT}, 'a' || substr(md5(s.id || 'color'), 1, 23),
       jsonb_build_array((ARRAY['Red','Blue','Green','Black','White'])[mod(n, 5) + 1])
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_LABELS = f"""
INSERT INTO product_labels (id, store_id, product_id, label)
SELECT 'l' || substr(md5(s.id || n), 1, 23), s.id, {_PRODUCT}, 'NEW' {_NUMBERS} AND mod(n, 10) = 0 ON CONFLICT DO NOTHING
"""
_PICTURES = f"""
INSERT INTO media (id, store_id, product_id, url, mime_type, size)
SELECT 'm' || substr(md5(s.id || n), 1, 23), s.id, {_PRODUCT}, 'https://pictures.example.com/' || n || '.jpg', 'image/jpeg', 0
{_NUMBERS} ON CONFLICT DO NOTHING
"""
_REDIRECTS = f"""
INSERT INTO slug_redirects (id, store_id, kind, slug, product_id)
SELECT 'r' || substr(md5(s.id || n), 1, 23), s.id, 'product', 'before-' || n, {_PRODUCT}
{_NUMBERS} AND mod(n, 10) = 0 ON CONFLICT DO NOTHING
"""
_OF_PRODUCTS = (_PRODUCTS, _VARIANTS, _LEDGER, _PLACES, _QUALITIES, _LABELS, _PICTURES, _REDIRECTS)


def generate(owner: Engine, products: int, stores: int, each: int = 100) -> Iterator[str]:
    """Make a store of so many products and so many stores of a few. PostgreSQL only. Yields progress, for people."""
    with owner.begin() as connection:
        connection.execute(text(_STORE), {"large": LARGE, "first": 0, "last": stores})
    with owner.connect() as connection:
        slugs = text(
            "SELECT id FROM stores WHERE slug = :large OR starts_with(slug, 'small-') ORDER BY slug = :large DESC, slug"
        )
        large, *small = connection.scalars(slugs, {"large": LARGE})
    for first in range(0, len(small), 50):
        with owner.begin() as connection:
            _fill(connection, small[first : first + 50], range(1, each + 1), brands=5, categories=10)
        if not first:
            # Or the triggers would go on with plans for empty tables.
            _analyze(owner)
        yield f"{min(first + 50, len(small))} of {len(small)} small stores"
    _analyze(owner)
    for first in range(1, products + 1, BATCH):
        with owner.begin() as connection:
            last = min(first + BATCH - 1, products)
            _fill(connection, [large], range(first, last + 1), brands=200, categories=40, total=products)
        yield f"{last} of {products} products"
    _analyze(owner)
    yield "counted for the planner"


def _analyze(owner: Engine) -> None:
    with owner.begin() as connection:
        # Counted closely, so that plans are the same each time.
        connection.execute(text("SET LOCAL default_statistics_target = 1000"))
        connection.execute(text("ANALYZE"))


def _fill(  # noqa: PLR0913 - what the statements are told
    connection: Connection, stores: list[str], numbers: range, *, brands: int, categories: int, total: int = 0
) -> None:
    given = {"stores": stores, "brands": brands, "categories": categories}
    connection.execute(text(_SUBSCRIPTION), given | {"products": total or len(numbers)})
    connection.execute(text(_BRANDS), given)
    for first, last in ((1, 8), (9, categories)):
        connection.execute(text(_CATEGORIES), given | {"first": first, "last": last})
    connection.execute(text(_ATTRIBUTES), given)
    for statement in _OF_PRODUCTS:
        connection.execute(text(statement), given | {"first": numbers[0], "last": numbers[-1]})
