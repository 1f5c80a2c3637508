"""A variant that goes for good when it was deleted before has no part in its product's prices any more.

Revision: 20261126_0440, after 20261126_0341. PostgreSQL only: a trigger becomes two. Looking after the range at each such row
locked its product and was more than half of what deleting variants cost the purge.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261126_0440"
down_revision: str | None = "20261126_0341"
branch_labels: str | None = None
depends_on: str | None = None

_TRIGGER = "CREATE OR REPLACE TRIGGER {name} AFTER {event} ON variants FOR EACH ROW {when}EXECUTE FUNCTION app.keep_price_range()"


def upgrade() -> None:
    if on_postgresql():
        run(_TRIGGER.format(name="price_range_made", event="INSERT", when=""))
        run(_TRIGGER.format(name="price_range_unmade", event="DELETE", when="WHEN (OLD.deleted_at IS NULL) "))


def downgrade() -> None:
    if on_postgresql():
        run("DROP TRIGGER IF EXISTS price_range_unmade ON variants")
        run(_TRIGGER.format(name="price_range_made", event="INSERT OR DELETE", when=""))
