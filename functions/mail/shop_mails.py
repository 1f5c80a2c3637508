"""Mails that a shop sends to its customers: an event of the outbox becomes one mail, however often it is tried.

As with mails about accounts each step is committed: take the event for a while; write the mail, with its link; hand it
to SES; note that it has left. Two events with the same `key` are one mail, which the first of them sends.
"""

from datetime import datetime
from email.utils import formataddr, parseaddr
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from functions.mail.customer_facts import addressed
from functions.mail.rendering import Letter, one_line, render
from functions.mail.service import hand_over, held_until
from shared.errors import NoSuchStoreError
from shared.models import EmailMessage, OutboxEvent, Store
from shared.models.base import now
from shared.outbox import TRIES
from shared.settings import settings
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

TOPIC = "shop_mail"
_HIDDEN = "***"
"""What stands in the stored text where the mail that leaves has its token."""


def send(store_id: str, event_id: str) -> None:
    """Send the mail of an event, unless it has left, is another worker's, or nobody should have it.

    A store that is gone sends none. Raises what SES raises.
    """
    try:
        with tenant_session(store_id) as session:
            if not _take(session, event_id):
                return
        with tenant_session(store_id) as session:
            letter, sender, reply_to = _written(session, session.get_one(OutboxEvent, event_id), now())
    except NoSuchStoreError:
        return
    if letter is None:
        return
    provider_id = hand_over(letter, sender, reply_to)
    with tenant_session(store_id) as session:
        _mark(session, event_id, provider_id, now())


def _take(session: TenantSession, event_id: str) -> bool:
    moment = now()
    waiting = (OutboxEvent.sent_at.is_(None), OutboxEvent.available_at <= moment, OutboxEvent.attempts < TRIES)
    query = select(OutboxEvent).where(OutboxEvent.id == event_id, OutboxEvent.topic == TOPIC, *waiting)
    event = session.scalar(query.with_for_update(skip_locked=True))
    if event is None:
        return False
    event.attempts += 1
    event.available_at = held_until(moment, event.attempts)
    return True


def _written(session: TenantSession, event: OutboxEvent, moment: datetime) -> tuple[Letter | None, str, str | None]:
    """The mail as it leaves, its sender, and whom an answer goes to; None for one that nobody should have (any more).

    An event whose mail another one sends waits for that one: it is tried again later.
    """
    store = session.scalars(select(Store).where(Store.id == session.store_id)).one()
    kept = session.scalar(select(EmailMessage).where(EmailMessage.dedupe_key == _key(event)))
    if kept is not None and kept.sent_at is not None:
        event.sent_at = moment
        return None, "", None
    found = addressed(session, event.payload, store, moment)
    if found is None:
        event.sent_at = moment
        return None, "", None
    template, facts = found
    letter = render(template, event.payload["recipient"], facts)
    if not _is_own(session, event, template, letter, str(facts.get("token") or "")):
        return None, "", None
    name, address = parseaddr(settings().mail_from)
    return letter, formataddr((f"{one_line(store.name)} via {name or address}", address)), store.email


def _is_own(session: TenantSession, event: OutboxEvent, template: str, letter: Letter, token: str) -> bool:
    """Keep the mail, without the token that works. Returns whether this event is the one that sends it."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(EmailMessage)
    hidden = {name: _hidden(text, token) for name, text in (("body_text", letter.text), ("body_html", letter.html))}
    facts = {"template": template, "recipient": letter.recipient, "subject": letter.subject, **hidden}
    # The id says whose it is.
    new = insert.values(id=event.id, dedupe_key=_key(event), **facts)
    session.execute(new.on_conflict_do_nothing(index_elements=[EmailMessage.store_id, EmailMessage.dedupe_key]))
    kept = session.scalars(select(EmailMessage).where(EmailMessage.dedupe_key == _key(event))).one()
    if kept.id != event.id:
        return False
    kept.attempts = event.attempts
    return True


def _mark(session: TenantSession, event_id: str, provider_id: str, moment: datetime) -> None:
    event, mail = session.get_one(OutboxEvent, event_id), session.get_one(EmailMessage, event_id)
    event.sent_at = mail.sent_at = moment
    mail.provider_id = provider_id


def _key(event: OutboxEvent) -> str:
    payload: dict[str, Any] = event.payload
    return str(payload.get("key") or event.id)


def _hidden(text: str, token: str) -> str:
    return text.replace(token, _HIDDEN) if token else text
