"""Shops are connected both ways: what a connection knows of the other side, a queue that workers share, and its runs.

Revision: 20261126_0100, after 20261123_0150. Adds a table, columns and functions.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import (
    add_column,
    drop_column,
    json_type,
    now,
    on_postgresql,
    protect,
    run,
)

revision: str = "20261126_0100"
down_revision: str | None = "20261123_0150"
branch_labels: str | None = None
depends_on: str | None = None

_COUNTS = ("seen", "created_count", "updated_count", "unchanged_count", "failed_count")
_FUNCTIONS = ("app.enter_integration(text)", "app.due_syncs(integer)", "app.due_sync_runs(integer)")

# Whoever names an integration enters its store; nothing is done there until a signature proves who it is.
_ENTER = """
CREATE OR REPLACE FUNCTION app.enter_integration(p_id text)
RETURNS TABLE (id text, slug text, status text, currency text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id text;
BEGIN
    SELECT s.id INTO found_id FROM public.external_platform_integrations i JOIN public.stores s ON s.id = i.store_id
        WHERE i.id = p_id AND i.disconnected_at IS NULL AND s.deleted_at IS NULL;
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
# Their own reading is all that they give away: which store has work that nobody does. Who does it enters that store.
# A paused integration's work waits; a busy store's turn comes after one row of each other store's.
_DUE = """
CREATE OR REPLACE FUNCTION app.due_syncs(p_limit integer)
RETURNS TABLE (store_id text, sync_queue_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.store_id, d.id FROM (
        SELECT q.store_id, q.id, q.available_at,
            row_number() OVER (PARTITION BY q.store_id ORDER BY q.available_at, q.id) AS turn
        FROM public.sync_queue q
        JOIN public.external_platform_integrations i ON i.id = q.integration_id AND i.store_id = q.store_id
        JOIN public.stores s ON s.id = q.store_id
        WHERE q.status IN ('PENDING', 'PROCESSING') AND q.available_at <= now()
          AND i.is_active AND i.disconnected_at IS NULL AND s.deleted_at IS NULL
    ) d ORDER BY d.turn, d.available_at LIMIT p_limit
$$
"""
_DUE_RUNS = """
CREATE OR REPLACE FUNCTION app.due_sync_runs(p_limit integer)
RETURNS TABLE (store_id text, sync_run_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.store_id, r.id FROM public.sync_runs r
    JOIN public.external_platform_integrations i ON i.id = r.integration_id AND i.store_id = r.store_id
    JOIN public.stores s ON s.id = r.store_id
    WHERE r.status IN ('QUEUED', 'RUNNING') AND r.resume_at <= now()
      AND i.is_active AND i.disconnected_at IS NULL AND s.deleted_at IS NULL
    ORDER BY r.resume_at LIMIT p_limit
$$
"""


def upgrade() -> None:
    _create_runs()
    for table, columns in _columns().items():
        for column in columns:
            add_column(table, column)
    protect("sync_runs")
    if on_postgresql():
        for made in (_ENTER, _DUE, _DUE_RUNS):
            run(made)
        for name in _FUNCTIONS:
            run(f"REVOKE ALL ON FUNCTION {name} FROM public")
            run(f"GRANT EXECUTE ON FUNCTION {name} TO stormcom_function")


def downgrade() -> None:
    if on_postgresql():
        for name in _FUNCTIONS:
            run(f"DROP FUNCTION IF EXISTS {name}")
    for table, columns in _columns().items():
        for column in reversed(columns):
            drop_column(table, column.name)
    op.drop_table("sync_runs", if_exists=True)


def _columns() -> dict[str, list[sa.Column[object]]]:
    def text(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.Text(), nullable=True)

    def moment(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=True)

    def json(name: str, empty: str) -> sa.Column[object]:
        return sa.Column(name, json_type(), server_default=empty, nullable=False)

    return {
        "external_links": [
            text("pushed_hash"),
            moment("external_deleted_at"),
            text("external_parent_id"),
            json("details", "{}"),
        ],
        "external_platform_integrations": [
            text("external_shop"),
            text("previous_webhook_secret"),
            moment("secret_rotated_at"),
            json("webhooks", "[]"),
            json("platform_settings", "{}"),
            json("circuit", "{}"),
            moment("last_delivery_at"),
            text("last_error"),
            moment("last_error_at"),
            moment("disconnected_at"),
        ],
        "sync_queue": [moment("available_at"), text("reason"), text("webhook_delivery_id")],
    }


def _create_runs() -> None:
    op.create_table(
        "sync_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="QUEUED", nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        *(sa.Column(count, sa.Integer(), server_default=sa.text("0"), nullable=False) for count in _COUNTS),
        sa.Column("drift", json_type(), server_default="[]", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("resume_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("kind IN ('IMPORT', 'RECONCILIATION')", name=op.f("ck_sync_runs_kind_known")),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED')", name=op.f("ck_sync_runs_status_known")
        ),
        *(
            sa.CheckConstraint(f"{count} >= 0", name=op.f(f"ck_sync_runs_{count}_not_negative"))
            for count in (*_COUNTS, "total")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "integration_id"],
            ["external_platform_integrations.store_id", "external_platform_integrations.id"],
            name=op.f("fk_sync_runs_store_id_integration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_sync_runs_store_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
        sa.UniqueConstraint("store_id", "id", name=op.f("uq_sync_runs_store_id_id")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_sync_runs_status_resume_at"), "sync_runs", ["status", "resume_at"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_sync_runs_store_id_created_at"),
        "sync_runs",
        ["store_id", "created_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_sync_runs_store_id_integration_id_created_at"),
        "sync_runs",
        ["store_id", "integration_id", "created_at"],
        unique=False,
        if_not_exists=True,
    )
