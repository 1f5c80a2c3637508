"""A delivery's store is entered in one trip with what the delivery is verified by.

Revision: 20261126_0300, after 20261126_0261. Adds a function.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261126_0300"
down_revision: str | None = "20261126_0261"
branch_labels: str | None = None
depends_on: str | None = None

_NAME = "app.enter_delivery(text)"
# The secrets are ciphertext, and the store's own: whoever has entered it may read them anyway.
_ENTER = """
CREATE OR REPLACE FUNCTION app.enter_delivery(p_id text)
RETURNS TABLE (
    id text, slug text, status text, currency text, integration_id text, platform text, api_url text,
    external_shop text, external_shop_id text, is_active boolean, webhook_secret text, previous_webhook_secret text,
    secret_rotated_at timestamptz
)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id, s.slug, s.status, s.currency, i.id, i.platform, i.api_url,
        i.external_shop, i.platform_settings ->> 'shop_id', i.is_active, i.webhook_secret, i.previous_webhook_secret,
        i.secret_rotated_at
    FROM app.enter_integration(p_id) s
    JOIN public.external_platform_integrations i ON i.id = p_id AND i.store_id = s.id
$$
"""


def upgrade() -> None:
    if on_postgresql():
        run(_ENTER)
        run(f"REVOKE ALL ON FUNCTION {_NAME} FROM public")
        run(f"GRANT EXECUTE ON FUNCTION {_NAME} TO stormcom_function")


def downgrade() -> None:
    if on_postgresql():
        run(f"DROP FUNCTION IF EXISTS {_NAME}")
