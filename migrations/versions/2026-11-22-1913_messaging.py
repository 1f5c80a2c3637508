"""Outbox, idempotency keys and mails

Revision: 20261122_1913, after 20261122_1912. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now

revision: str = "20261122_1913"
down_revision: str | None = "20261122_1912"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", json_type(), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_events_attempts_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_outbox_events_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_events"),
        sa.UniqueConstraint("store_id", "id", name="uq_outbox_events_store_id_id"),
        if_not_exists=True,
    )
    index("ix_outbox_events_store_id_created_at", "outbox_events", "store_id", "created_at")
    index("ix_outbox_events_unsent", "outbox_events", "available_at", where="sent_at IS NULL")

    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("headers", json_type(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_keys_key_length")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_idempotency_keys_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_keys"),
        sa.UniqueConstraint("store_id", "id", name="uq_idempotency_keys_store_id_id"),
        sa.UniqueConstraint("store_id", "principal", "key", name="uq_idempotency_keys_store_id_principal_key"),
        if_not_exists=True,
    )
    index("ix_idempotency_keys_expires_at", "idempotency_keys", "expires_at")
    index("ix_idempotency_keys_store_id_created_at", "idempotency_keys", "store_id", "created_at")

    op.create_table(
        "email_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_email_messages_attempts_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_email_messages_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_email_messages"),
        sa.UniqueConstraint("store_id", "dedupe_key", name="uq_email_messages_store_id_dedupe_key"),
        sa.UniqueConstraint("store_id", "id", name="uq_email_messages_store_id_id"),
        if_not_exists=True,
    )
    index("ix_email_messages_store_id_created_at", "email_messages", "store_id", "created_at")
    index("ix_email_messages_unsent", "email_messages", "created_at", where="sent_at IS NULL")


def downgrade() -> None:
    op.drop_table("email_messages", if_exists=True)
    op.drop_table("idempotency_keys", if_exists=True)
    op.drop_table("outbox_events", if_exists=True)
