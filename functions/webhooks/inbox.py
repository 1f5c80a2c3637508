"""Keeping a delivery, once however often it comes, together with the change that it asks for."""

import hashlib
import logging
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from functions.webhooks.deliveries import Delivery
from shared.models import Base, ExternalPlatformIntegration, SyncQueue, WebhookDelivery
from shared.models.base import new_id, now
from shared.models.enums import ExternalPlatform, SyncDirection, SyncQueueStatus
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit, entered_integration
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
_DELIVERIES, _QUEUE, _INTEGRATIONS = (
    Base.metadata.tables[model.__tablename__] for model in (WebhookDelivery, SyncQueue, ExternalPlatformIntegration)
)
_NOTED_EVERY = timedelta(seconds=30)
Row = dict[str, Any]


def keep(session: TenantSession, delivery: Delivery) -> bool:
    """Store a delivery and queue its change in one statement, then tell the worker, once committed.

    False when it had come before: then nothing is written or sent.
    """
    of = entered_integration(session)
    kept = _kept(session, delivery, of)
    change = _queued(session, delivery, of, kept["id"])
    is_new = _write(session.connection(), kept, change)
    if is_new and of.is_active and delivery.change.conflict is None:
        message = {"store_id": str(session.store_id), "sync_queue_id": str(change["id"])}
        after_commit(session, partial(send, settings().sync_queue_url, message, group=message["store_id"]))
    log.info(
        "delivery",
        extra={"integration_id": of.integration_id, "topic": delivery.topic, "is_new": is_new},
    )
    return is_new


def _kept(session: TenantSession, delivery: Delivery, of: Any) -> Row:
    moment = now()
    return {
        "id": new_id(),
        "created_at": moment,
        "updated_at": moment,
        "store_id": session.store_id,
        "integration_id": of.integration_id,
        "platform": ExternalPlatform(of.platform),
        "topic": delivery.topic,
        "webhook_id": delivery.webhook_id,
        "delivery_id": delivery.delivery_id,
        "event_id": delivery.event_id,
        "headers": delivery.headers,
        "body": delivery.body,
        "body_sha256": hashlib.sha256(delivery.body).hexdigest(),
    }


def _queued(session: TenantSession, delivery: Delivery, of: Any, delivery_row_id: str) -> Row:
    change = delivery.change
    return {
        "id": new_id(),
        "store_id": session.store_id,
        "integration_id": of.integration_id,
        "entity_type": change.entity_type,
        "entity_id": change.entity_id,
        "operation": change.operation,
        "direction": SyncDirection.INBOUND,
        "data": change.data,
        "status": SyncQueueStatus.CONFLICT if change.conflict else SyncQueueStatus.PENDING,
        "reason": change.conflict,
        "available_at": now(),
        "webhook_delivery_id": delivery_row_id,
    }


def _write(connection: Connection, kept: Row, change: Row) -> bool:
    # Past the session, whose filter knows no INSERT inside another: both rows name the store that was entered, and
    # row-level security holds them to it.
    if connection.dialect.name == "postgresql":
        return connection.execute(_at_once(kept, change)).first() is not None
    fresh = sqlite_insert(_DELIVERIES).values(**kept).on_conflict_do_nothing()
    if not connection.execute(fresh).rowcount:
        return False
    connection.execute(insert(_QUEUE).values(**change))
    heard = update(_INTEGRATIONS).where(_INTEGRATIONS.c.id == kept["integration_id"])
    connection.execute(heard.values(last_delivery_at=now()))
    return True


def _at_once(kept: Row, change: Row) -> Insert:
    """One statement: the delivery, and only if it is new its change, and that the shop was heard of."""
    statement = postgresql_insert(_DELIVERIES).values({name: _bound(_DELIVERIES, name, kept[name]) for name in kept})
    fresh = statement.on_conflict_do_nothing(constraint="uq_webhook_deliveries_once").returning(_DELIVERIES.c.id)
    new = fresh.cte("new")
    columns = [_bound(_QUEUE, name, value).label(name) for name, value in change.items()]
    # What is not named has a default in the table.
    queued = insert(_QUEUE).from_select(list(change), select(*columns).select_from(new), include_defaults=False)
    return queued.add_cte(_heard(kept).cte("heard")).returning(_QUEUE.c.id)


def _heard(kept: Row) -> Any:
    """Twice a minute is often enough, and a row that somebody else is writing is left to them: no delivery waits."""
    moment, row = now(), _INTEGRATIONS.c
    this = (row.store_id == kept["store_id"], row.id == kept["integration_id"])
    stale = row.last_delivery_at.is_(None) | (row.last_delivery_at < moment - _NOTED_EVERY)
    free = select(row.id).where(*this, stale).with_for_update(skip_locked=True, key_share=True)
    heard = update(_INTEGRATIONS).where(row.id == free.scalar_subquery())
    return heard.values({name: _bound(_INTEGRATIONS, name, moment) for name in ("last_delivery_at", "updated_at")})


def _bound(table: Table, name: str, value: Any) -> ColumnElement[Any]:
    """A value for a column, by a name of its own: several columns of the statement have the same."""
    return literal(value, table.c[name].type)
