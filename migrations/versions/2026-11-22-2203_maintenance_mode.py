"""A store in maintenance says so to whoever enters its storefront.

Revision: 20261122_2203, after 20261122_2202. PostgreSQL only: one function, with the signature it had. Code before this
takes the new status for an open store.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_2203"
down_revision: str | None = "20261122_2202"
branch_labels: str | None = None
depends_on: str | None = None

_ENTER = """
CREATE OR REPLACE FUNCTION app.enter_storefront(p_slug text, p_host text)
RETURNS TABLE (id text, slug text, status text, currency text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id text;
BEGIN
    SELECT s.id INTO found_id FROM public.stores s WHERE s.deleted_at IS NULL AND (s.domain = p_host OR s.slug = p_slug)
        ORDER BY s.domain IS NOT DISTINCT FROM p_host DESC LIMIT 1;
    IF found_id IS NULL THEN
        RETURN;
    END IF;
    IF app.current_store() <> found_id THEN
        RAISE EXCEPTION 'this transaction belongs to another store' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('app.store_id', found_id, true);
    RETURN QUERY SELECT s.id, s.slug, {status}, s.currency FROM public.stores s WHERE s.id = found_id;
END
$$
"""


def upgrade() -> None:
    if on_postgresql():
        run(_ENTER.format(status="CASE WHEN s.maintenance_mode THEN 'MAINTENANCE' ELSE s.status END"))


def downgrade() -> None:
    if on_postgresql():
        run(_ENTER.format(status="s.status"))
