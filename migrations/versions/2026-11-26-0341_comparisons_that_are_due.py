"""The hourly schedule finds the connected shops that nobody has looked through for an hour.

Revision: 20261126_0341, after 20261126_0340. PostgreSQL only: a function.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261126_0341"
down_revision: str | None = "20261126_0340"
branch_labels: str | None = None
depends_on: str | None = None

_NAME = "app.due_reconciliations(integer)"
_DUE = """
CREATE OR REPLACE FUNCTION app.due_reconciliations(p_limit integer)
RETURNS TABLE (store_id text, integration_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT i.store_id, i.id FROM public.external_platform_integrations i
    JOIN public.stores s ON s.id = i.store_id
    WHERE i.is_active AND i.disconnected_at IS NULL AND s.deleted_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM public.sync_runs r WHERE r.store_id = i.store_id AND r.integration_id = i.id
          AND (r.status IN ('QUEUED', 'RUNNING') OR r.created_at > now() - interval '55 minutes')
      )
    ORDER BY i.last_sync_at NULLS FIRST, i.id LIMIT p_limit
$$
"""


def upgrade() -> None:
    if on_postgresql():
        run(_DUE)
        run(f"REVOKE ALL ON FUNCTION {_NAME} FROM public")
        run(f"GRANT EXECUTE ON FUNCTION {_NAME} TO stormcom_function")


def downgrade() -> None:
    if on_postgresql():
        run(f"DROP FUNCTION IF EXISTS {_NAME}")
