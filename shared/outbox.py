"""What must leave once a change is committed: a row beside the change, then a message to whoever sends it on.

A crash between the two loses nothing: the row stays unsent, and the receiver's schedule finds it by `due`.
"""

from typing import Any

from sqlalchemy import select, text

from shared.models import OutboxEvent, Store
from shared.models.base import new_id, now
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit, storeless_session
from shared.tenant_session import TenantSession

TRIES = 10
Named = tuple[str, str]
"""The ids of a store and of an event in it."""


def queue_of(topic: str) -> str:
    """The queue of whoever sends on the events of a topic; empty when it has none."""
    return {"shop_mail": settings().mail_queue_url}.get(topic, "")


def publish(session: TenantSession, topic: str, payload: dict[str, Any], queue_url: str) -> str:
    """Write an event of the session's store. Its message, `{"store_id", "outbox_event_id"}`, leaves after the commit.

    Without a queue the receiver's schedule finds it. Returns the event's id.
    """
    event = OutboxEvent(id=new_id(), topic=topic, payload=payload, available_at=now())
    session.add(event)
    message = {"store_id": str(session.store_id), "outbox_event_id": event.id}
    after_commit(session, lambda: send(queue_url, message, group=message["store_id"]))
    return event.id


def due(topic: str, limit: int = 50) -> list[Named]:
    """The events of all stores that should have left by now, oldest first."""
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            found = text("SELECT store_id, event_id FROM app.due_outbox_events(:topic, :limit)")
            rows = connection.execute(found, {"topic": topic, "limit": limit})
        else:
            events = OutboxEvent.__table__.c
            waiting = (events.sent_at.is_(None), events.available_at <= now(), events.attempts < TRIES)
            stores = Store.__table__.c
            live = (stores.id == events.store_id) & stores.deleted_at.is_(None)
            query = select(events.store_id, events.id).where(events.topic == topic, live, *waiting)
            rows = connection.execute(query.order_by(events.available_at).limit(limit))
        return [(str(store_id), str(event_id)) for store_id, event_id in rows]
