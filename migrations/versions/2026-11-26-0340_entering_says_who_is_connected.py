"""Entering a store says whether it has connected shops, so that a store without any pays nothing for them.

Revision: 20261126_0340, after 20261126_0300. PostgreSQL only: two functions.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261126_0340"
down_revision: str | None = "20261126_0300"
branch_labels: str | None = None
depends_on: str | None = None

_OPEN = """
CREATE OR REPLACE FUNCTION app.{name}({arguments})
RETURNS TABLE (id text, slug text, status text, currency text, connected boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id, s.slug, s.status, s.currency, EXISTS (
        SELECT 1 FROM public.external_platform_integrations i WHERE i.store_id = s.id AND i.disconnected_at IS NULL
    )
    FROM app.{enter} s
$$
"""
_FUNCTIONS = {
    "app.open_store(text)": ("open_store", "p_store_id text", "enter_store(p_store_id)"),
    "app.open_storefront(text, text)": (
        "open_storefront",
        "p_slug text, p_host text",
        "enter_storefront(p_slug, p_host)",
    ),
}


def upgrade() -> None:
    if not on_postgresql():
        return
    for signature, (name, arguments, enter) in _FUNCTIONS.items():
        run(_OPEN.format(name=name, arguments=arguments, enter=enter))
        run(f"REVOKE ALL ON FUNCTION {signature} FROM public")
        run(f"GRANT EXECUTE ON FUNCTION {signature} TO stormcom_function, stormcom_platform")


def downgrade() -> None:
    if on_postgresql():
        for signature in _FUNCTIONS:
            run(f"DROP FUNCTION IF EXISTS {signature}")
