"""Search that uses its indexes, knows brands and forgives typos.

Revision: 20261123_0110, after 20261123_0100. PostgreSQL only: functions, a setting of the roles, and an index built
CONCURRENTLY.

PostgreSQL reads no index for an operator that is not leak-proof (`@@`, `%>`, `ILIKE`) ahead of a policy. These functions
run as the owner, whose policy is no condition, and name the current store themselves: they tell of no other.
"""

from migrations.dialects import concurrent_index, drop_concurrent_index, on_postgresql, run

revision: str = "20261123_0110"
down_revision: str | None = "20261123_0100"
branch_labels: str | None = None
depends_on: str | None = None

# Words in the order they were typed; the last may be unfinished. What a brand's name says needs no other place.
_SEARCH = r"""
CREATE OR REPLACE FUNCTION app.search_products(p_text text, p_before text, p_words text, p_prefix text)
RETURNS TABLE (product_id text, rank double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200
SET search_path = pg_catalog, pg_temp
SET pg_trgm.word_similarity_threshold = 0.4
AS $$
DECLARE
    store CONSTANT text := app.current_store();
    typed CONSTANT text[] := string_to_array(trim(p_words || ' ' || rtrim(p_prefix, ':*')), ' ');
    begins CONSTANT text := replace(replace(replace(lower(trim(p_text)), '\', '\\'), '%', '\%'), '_', '\_') || '%';
    begun tsquery;
    wanted tsquery;
BEGIN
    IF store IS NULL OR p_prefix = '' THEN
        RETURN;
    END IF;
    begun := to_tsquery('simple', p_prefix);
    wanted := plainto_tsquery('english', p_text) || (plainto_tsquery('english', p_before) && begun)
        || (plainto_tsquery('simple', p_words) && begun);
    RETURN QUERY
        SELECT found.id, max(found.score) FROM (
            SELECT p.id, ts_rank(p.search_vector, wanted)::double precision AS score FROM public.products p
            WHERE p.store_id = store AND p.deleted_at IS NULL AND p.search_vector @@ wanted
            UNION ALL
            SELECT v.product_id, 1 FROM public.variants v
            WHERE v.store_id = store AND v.deleted_at IS NULL AND v.is_active AND lower(v.sku) LIKE begins
            UNION ALL
            SELECT p.id, 0.5 + coalesce(ts_rank(p.search_vector, brand.rest), 0)
            FROM app.brands_named(store, typed) brand
            JOIN public.products p ON p.store_id = store AND p.brand_id = brand.id AND p.deleted_at IS NULL
            WHERE brand.rest IS NULL OR p.search_vector @@ brand.rest
        ) found GROUP BY found.id;
    IF FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT p.id, (SELECT avg(public.word_similarity(w, p.name))::double precision FROM unnest(typed) w)
        FROM public.products p LEFT JOIN public.brands b ON b.store_id = store AND b.id = p.brand_id AND b.is_active
            AND b.deleted_at IS NULL
        WHERE p.store_id = store AND p.deleted_at IS NULL AND p.id IN (
            SELECT c.id FROM unnest(typed) w JOIN public.products c ON c.store_id = store AND c.deleted_at IS NULL
                AND c.name OPERATOR(public.%>) w
            WHERE char_length(w) > 3
            UNION ALL
            SELECT c.id FROM public.brands n JOIN public.products c ON c.store_id = store AND c.brand_id = n.id
            WHERE n.store_id = store AND EXISTS (
                SELECT FROM unnest(typed) w WHERE char_length(w) > 3 AND n.name OPERATOR(public.%>) w
            )
        ) AND NOT EXISTS (
            SELECT FROM unnest(typed) w WHERE NOT (
                numnode(plainto_tsquery('english', w)) = 0
                OR p.search_vector @@ plainto_tsquery('english', w)
                OR p.search_vector @@ to_tsquery('simple', w || ':*')
                OR char_length(w) > 3 AND (p.name OPERATOR(public.%>) w OR coalesce(b.name, '') OPERATOR(public.%>) w)
            )
        );
END
$$
"""

# The brands that words name, each with what the other words ask of its products; NULL where there are no others.
_BRANDS = """
CREATE OR REPLACE FUNCTION app.brands_named(p_store text, p_typed text[])
RETURNS TABLE (id text, rest tsquery)
LANGUAGE sql STABLE ROWS 5
AS $$
    WITH named AS MATERIALIZED (
        SELECT b.id, ARRAY(
            SELECT w FROM unnest(p_typed) WITH ORDINALITY AS typed (w, place)
            WHERE NOT to_tsvector('simple', b.name) @@ to_tsquery('simple', w || ':*') ORDER BY place
        ) AS others
        FROM public.brands b WHERE b.store_id = p_store AND b.deleted_at IS NULL AND b.is_active
    ), asked AS MATERIALIZED (
        SELECT named.id, CASE WHEN numnode(plainto_tsquery('english', array_to_string(others, ' '))) > 0 THEN
            plainto_tsquery('english', array_to_string(others, ' '))
            || (plainto_tsquery('english', array_to_string(others[:cardinality(others) - 1], ' '))
                && to_tsquery('simple', others[cardinality(others)] || ':*'))
        END AS rest
        FROM named WHERE cardinality(others) < cardinality(p_typed)
    )
    SELECT asked.id, asked.rest FROM asked
$$
"""

# Three letters at least: shorter parts are in no index.
_NAMED = r"""
CREATE OR REPLACE FUNCTION app.products_named(p_part text)
RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 200
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.id FROM public.products p WHERE p.store_id = app.current_store()
        AND p.name ILIKE '%' || replace(replace(replace(p_part, '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$
"""

# The price of a page read out of order on the discs that databases have today; the default is that of turning ones, and
# makes reading the whole table look cheaper than reading one store's part of it.
_PAGES = """
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
        WHERE r.rolname = '{role}' AND s.setdatabase = 0 AND 'random_page_cost=1.1' = ANY (s.setconfig)
    ) THEN
        ALTER ROLE {role} SET random_page_cost = 1.1;
    END IF;
EXCEPTION WHEN internal_error THEN
    NULL; -- another database of this cluster was migrated at the same moment
END
$$
"""

_OPEN = ("app.search_products(text, text, text, text)", "app.products_named(text)")


def upgrade() -> None:
    if not on_postgresql():
        return
    for role in ("stormcom_function", "stormcom_platform", "stormcom_identity"):
        run(_PAGES.format(role=role))
    # Loads the extension, and with it the setting that the function has a value of its own for.
    run("SELECT public.similarity('', '')")
    run(_BRANDS)
    run(_SEARCH)
    run(_NAMED)
    run("REVOKE ALL ON FUNCTION app.brands_named(text, text[]) FROM PUBLIC")
    for function in _OPEN:
        run(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {function} TO stormcom_function, stormcom_platform")
    concurrent_index(
        "ix_variants_live_sku_prefix", "variants (store_id, lower(sku) text_pattern_ops) WHERE deleted_at IS NULL"
    )


def downgrade() -> None:
    if not on_postgresql():
        return
    drop_concurrent_index("ix_variants_live_sku_prefix")
    for function in (*_OPEN, "app.brands_named(text, text[])"):
        run(f"DROP FUNCTION IF EXISTS {function}")
