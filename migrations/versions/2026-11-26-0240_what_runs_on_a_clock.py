"""What runs on a clock is written down, and one run keeps another of its name out.

Revision: 20261126_0240, after 20261126_0230. Adds a table.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, on_postgresql, run

revision: str = "20261126_0240"
down_revision: str | None = "20261126_0230"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="RUNNING", nullable=False),
        sa.Column("counts", json_type(), server_default="{}", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("more_to_do", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('RUNNING', 'COMPLETED', 'FAILED', 'CUT_OFF')", name=op.f("ck_job_runs_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        if_not_exists=True,
    )
    index("ix_job_runs_name_started_at", "job_runs", "name", "started_at")
    index("ix_job_runs_started_at", "job_runs", "started_at")
    index("uq_job_runs_running", "job_runs", "name", unique=True, where="status = 'RUNNING'")
    if on_postgresql():
        run("GRANT SELECT, INSERT, UPDATE, DELETE ON job_runs TO stormcom_platform")


def downgrade() -> None:
    op.drop_table("job_runs", if_exists=True)
