"""Exports are written to S3 and told of by mail; erasures that had to wait are tried again.

Each step is committed: take the request for a while; collect and upload; note where it lies, with the mail's event.
Whoever is cut off in between leaves a request that the next one takes once its time is over, and an object that the
same key overwrites.
"""

import json
import logging
from datetime import timedelta

from sqlalchemy import select, text

from shared.audit import Actor
from shared.errors import NoSuchStoreError, NotFoundError
from shared.files import s3
from shared.models import Customer, PrivacyRequest, Store
from shared.models.base import now
from shared.models.enums import PrivacyRequestKind, PrivacyRequestStatus
from shared.outbox import publish
from shared.privacy.collecting import collect
from shared.privacy.requests import try_erasure
from shared.settings import settings
from shared.tenancy import storeless_session, tenant_session
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)

LASTS = timedelta(days=7)
"""How long an export can be fetched."""
ACTOR = Actor(None, "privacy")
_HELD = timedelta(minutes=6)
_TRIES = 10
_BATCH = 20
_UNDONE = (PrivacyRequestStatus.PENDING, PrivacyRequestStatus.PROCESSING)


def due() -> list[tuple[str, str]]:
    """The requests that somebody should be at by now, in every store: the ids of store and request."""
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            rows = connection.execute(text("SELECT * FROM app.due_privacy_requests(:most)"), {"most": _BATCH})
        else:
            asked = PrivacyRequest.__table__.c
            waiting = (asked.status.in_(_UNDONE), asked.resume_at <= now())
            query = select(asked.store_id, asked.id.label("request_id")).where(*waiting)
            rows = connection.execute(query.order_by(asked.resume_at).limit(_BATCH))
        return [(row.store_id, row.request_id) for row in rows]


def work_on(store_id: str, request_id: str) -> None:
    """Do what a request asks for, unless it is done or another's. Raises what S3 and the database raise."""
    try:
        with tenant_session(store_id) as session:
            kind = _take(session, request_id)
        if kind is PrivacyRequestKind.EXPORT:
            _export(store_id, request_id)
        elif kind is PrivacyRequestKind.ERASURE:
            _erase(store_id, request_id)
    except NoSuchStoreError:
        log.warning("the store of a privacy request is gone", extra={"privacy_request_id": request_id})


def _take(session: TenantSession, request_id: str) -> PrivacyRequestKind | None:
    query = select(PrivacyRequest).where(PrivacyRequest.id == request_id, PrivacyRequest.status.in_(_UNDONE))
    row = session.scalar(query.with_for_update(skip_locked=True))
    moment = now()
    if row is None or row.resume_at is None or row.resume_at > moment:
        return None
    if row.kind is PrivacyRequestKind.EXPORT and row.attempts >= _TRIES:
        row.status, row.error, row.resume_at = PrivacyRequestStatus.FAILED, "came_no_further", None
        return None
    row.status, row.attempts, row.resume_at = PrivacyRequestStatus.PROCESSING, row.attempts + 1, moment + _HELD
    return row.kind


def _export(store_id: str, request_id: str) -> None:
    with tenant_session(store_id) as session:
        row = session.get_one(PrivacyRequest, request_id)
        customer = session.scalar(select(Customer).where(Customer.id == row.customer_id))
        if customer is None:
            row.status, row.error, row.resume_at = PrivacyRequestStatus.FAILED, "customer_not_found", None
            return
        written = json.dumps(collect(session, customer), ensure_ascii=False, indent=1).encode()
    key = f"exports/{store_id}/{request_id}.json"
    s3().put_object(Bucket=settings().files_bucket, Key=key, Body=written, ContentType="application/json")
    with tenant_session(store_id) as session:
        _done(session, request_id, key)


def _done(session: TenantSession, request_id: str, key: str) -> None:
    query = select(PrivacyRequest).where(PrivacyRequest.id == request_id).with_for_update()
    row = session.scalars(query).one()
    if row.status is not PrivacyRequestStatus.PROCESSING:
        return
    moment = now()
    row.status, row.completed_at, row.resume_at = PrivacyRequestStatus.COMPLETED, moment, None
    row.storage_key, row.expires_at = key, moment + LASTS
    customer = session.scalar(select(Customer).where(Customer.id == row.customer_id))
    if customer is None:
        return
    if row.source == "customer":
        payload = {"template": "customer_data_export", "recipient": customer.email, "request_id": row.id}
    else:
        # Whoever asked passes it on, as the store has to see that it gets to the right person.
        recipient = session.scalars(select(Store.email)).one()
        payload = {"template": "data_export_ready", "recipient": recipient, "customer_id": customer.id}
    publish(session, "shop_mail", payload | {"key": f"export:{row.id}"}, settings().mail_queue_url)


def _erase(store_id: str, request_id: str) -> None:
    with tenant_session(store_id) as session:
        row = session.get_one(PrivacyRequest, request_id)
        try:
            try_erasure(session, row, ACTOR)
        except NotFoundError:
            row.status, row.completed_at, row.resume_at = PrivacyRequestStatus.COMPLETED, now(), None
