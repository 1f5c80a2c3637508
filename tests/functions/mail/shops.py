"""What the tests of shops' mails share: asking for one, and telling the mailer of it."""

from typing import Any

from shared.models import EmailMessage, OutboxEvent
from shared.outbox import publish
from shared.tenancy import tenant_session
from tests.functions.identity.people import found

RECIPIENT = "ada@example.com"


def publish_mail(store_id: str, template: str = "order_delivered", **facts: Any) -> dict[str, str]:
    """Ask for a mail, and for no message. Returns the message that would have told the mailer."""
    payload = {"template": template, "recipient": RECIPIENT, "order_number": "ORD-1001", **facts}
    with tenant_session(store_id) as session:
        event_id = publish(session, "shop_mail", payload, "")
    return {"store_id": store_id, "outbox_event_id": event_id}


def event_of(message: dict[str, str]) -> OutboxEvent:
    (event,) = found(OutboxEvent, OutboxEvent.id == message["outbox_event_id"])
    return event


def kept() -> list[EmailMessage]:
    """What is kept of the mails, oldest first."""
    return list(found(EmailMessage))
