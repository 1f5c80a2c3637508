"""Whether what is linked is still there: finds deletions that nobody told of, and what came back under another id."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from functions.sync.entities import ORDER, PRODUCT, ExternalDeletion
from functions.sync.inbound.applying import apply
from functions.sync.inbound.links import Integration, is_stub
from functions.sync.inbound.outcomes import Result
from functions.sync.runs import running
from functions.sync.runs.leases import Work, held
from functions.sync.runs.pages import Missing, Reader
from shared.models import ExternalLink, ExternalPlatformIntegration, Order, Variant
from shared.models.base import now
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

_AT_ONCE = 100
_SHOWN = timedelta(days=50)
"""Shopify shows an app the orders of sixty days, unless it was allowed to see all: an older one may still be there."""


def compare(work: Work, reader: Reader, cursor: str | None) -> str | None:
    """Look after the next hundred links of products. Returns the last, or None at the end."""
    with tenant_session(work.store_id) as session:
        links = _links(session, work.integration, cursor)
        skus = {link.external_id: _skus(session, link) for link in links if _is_alive(link)}
    gone = reader.missing(work.credentials, skus) if skus else []
    for one in gone:
        entities = reader.one(work.credentials, one.found) if one.found else ()
        with tenant_session(work.store_id) as session:
            integration = session.get_one(ExternalPlatformIntegration, work.integration.id)
            row = held(session, work)
            if row is None:
                return None
            done = _repaired(session, integration, work.run_id, one)
            for entity in entities:
                apply(session, integration, entity)
            running.note(row, PRODUCT, one.external_id, done[1], done[0])
            row.updated_count += 1
    return links[-1].id if len(links) == _AT_ONCE else None


def look_after(work: Work, reader: Reader, entity_type: str, cursor: str | None) -> str | None:
    """Look whether the next hundred orders or customers are still there. Returns the last, or None at the end."""
    with tenant_session(work.store_id) as session:
        links = _links(session, work.integration, cursor, entity_type)
        alive = [link.external_id for link in links if _is_alive(link)]
    gone = reader.gone(work.credentials, entity_type, alive) if alive else []
    for external_id in gone:
        with tenant_session(work.store_id) as session:
            integration = session.get_one(ExternalPlatformIntegration, work.integration.id)
            row = held(session, work)
            if row is None:
                return None
            word = ExternalDeletion(entity_type=entity_type, external_id=external_id, at=now())
            outcome = apply(session, integration, word)
            if outcome.result is Result.UPDATED:
                running.note(row, entity_type, external_id, outcome.entity_id, "deleted")
                row.updated_count += 1
    return links[-1].id if len(links) == _AT_ONCE else None


def _repaired(session: TenantSession, integration: Integration, run_id: str, one: Missing) -> tuple[str, str | None]:
    """Link ours to what has its SKU now, or delete it as theirs was. Returns what was done, and our id."""
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id, ExternalLink.entity_type.in_((PRODUCT, "variant"))
    )
    if one.found is not None:
        for link in session.scalars(
            query.where(
                (ExternalLink.external_id == one.external_id) | (ExternalLink.external_parent_id == one.external_id)
            )
        ):
            session.delete(link)
        session.flush()
        return "relinked", None
    outcome = apply(
        session, integration, ExternalDeletion(entity_type=PRODUCT, external_id=one.external_id, mark=f"run:{run_id}")
    )
    return "deleted", outcome.entity_id


def _links(
    session: TenantSession, integration: Integration, cursor: str | None, entity_type: str = PRODUCT
) -> Sequence[ExternalLink]:
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == entity_type,
        ExternalLink.id > (cursor or ""),
    )
    if entity_type == ORDER:
        recent = select(Order.id).where(Order.id == ExternalLink.entity_id, Order.created_at > now() - _SHOWN)
        query = query.where(recent.exists())
    return session.scalars(query.order_by(ExternalLink.id).limit(_AT_ONCE)).all()


def _skus(session: TenantSession, link: ExternalLink) -> list[str]:
    return list(session.scalars(select(Variant.sku).where(Variant.product_id == link.entity_id).order_by(Variant.id)))


def _is_alive(link: ExternalLink) -> bool:
    return not is_stub(link) and link.details.get("live") is not False
