"""Whether what is linked is still there: finds deletions that nobody told of, and what came back under another id."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import or_, select

from functions.sync.entities import ORDER, PRODUCT, VARIANT, ExternalDeletion
from functions.sync.inbound.applying import apply
from functions.sync.inbound.links import Integration, is_stub
from functions.sync.inbound.outcomes import Result
from functions.sync.runs import running
from functions.sync.runs.leases import Work, held
from functions.sync.runs.pages import Absent, Reader, Unreadable
from shared.models import ExternalLink, ExternalPlatformIntegration, Order, Variant
from shared.models.base import now
from shared.models.enums import ExternalPlatform
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

_AT_ONCE = 100
_SHOWN = timedelta(days=50)
"""How old the orders are that are looked after. Shopify shows an app those of sixty days, unless it may see all; one
that is older may still be there."""


def compare(work: Work, reader: Reader, cursor: str | None) -> str | None:
    """Look after the next hundred links. Returns the last, or None at the end."""
    with tenant_session(work.store_id) as session:
        links = _links(session, work.integration, reader.LINKED, cursor)
        alive = _alive(session, work.integration, links)
    for entity_type, parts in alive.items():
        for one in reader.absent(work.credentials, entity_type, parts):
            if not _settled(work, reader, one):
                return None
    return links[-1].id if len(links) == _AT_ONCE else None


def _settled(work: Work, reader: Reader, one: Absent) -> bool:
    """Do what is to be done about something that is not there. Returns whether the run is still ours."""
    found = None
    if one.entity is None and one.entity_type == PRODUCT:
        with tenant_session(work.store_id) as session:
            skus = _skus(session, work.integration, one.external_id)
        found = reader.by_sku(work.credentials, skus) if skus else None
    entities = reader.one(work.credentials, PRODUCT, found) if found else ()
    with tenant_session(work.store_id) as session:
        integration = session.get_one(ExternalPlatformIntegration, work.integration.id)
        row = held(session, work)
        if row is None:
            return False
        done = _repaired(session, integration, one, found)
        for entity in entities:
            if not isinstance(entity, Unreadable):
                apply(session, integration, entity)
        if done is not None:
            running.note(row, one.entity_type, one.external_id, done[1], done[0])
            row.updated_count += 1
    return True


def _repaired(
    session: TenantSession, integration: Integration, one: Absent, found: str | None
) -> tuple[str, str | None] | None:
    """Link ours to what has its SKU now, or delete it as theirs was. Returns what was done, and our id."""
    if found is not None:
        query = select(ExternalLink).where(
            ExternalLink.integration_id == integration.id, ExternalLink.entity_type.in_((PRODUCT, VARIANT))
        )
        same = (ExternalLink.external_id == one.external_id) | (ExternalLink.external_parent_id == one.external_id)
        for link in session.scalars(query.where(same)):
            session.delete(link)
        session.flush()
        return "relinked", None
    # Whatever Shopify shows later of it says that it is there after all.
    at = now() if integration.platform is ExternalPlatform.SHOPIFY else None
    word = ExternalDeletion(entity_type=one.entity_type, external_id=one.external_id, at=at, certain=True)
    outcome = apply(session, integration, one.entity or word)
    if outcome.result not in (Result.CREATED, Result.UPDATED):
        return None
    return "deleted" if one.entity is None or getattr(one.entity, "deleted", False) else "updated", outcome.entity_id


def _links(
    session: TenantSession, integration: Integration, types: Iterable[str], cursor: str | None
) -> Sequence[ExternalLink]:
    recent = select(Order.id).where(Order.id == ExternalLink.entity_id, Order.created_at > now() - _SHOWN).exists()
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type.in_(types),
        or_(ExternalLink.entity_type != ORDER, recent),
        ExternalLink.id > (cursor or ""),
    )
    return session.scalars(query.order_by(ExternalLink.id).limit(_AT_ONCE)).all()


def _alive(
    session: TenantSession, integration: Integration, links: Iterable[ExternalLink]
) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Types with the ids of what is here and those of its parts."""
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for link in links:
        if _is_alive(link):
            found[link.entity_type][link.external_id] = []
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == VARIANT,
        ExternalLink.external_parent_id.in_(found[PRODUCT]),
    )
    for link in session.scalars(query.order_by(ExternalLink.id)):
        if _is_alive(link) and link.external_id != link.external_parent_id:
            found[PRODUCT][str(link.external_parent_id)].append(link.external_id)
    return {entity_type: parts for entity_type, parts in found.items() if parts}


def _skus(session: TenantSession, integration: Integration, external_id: str) -> list[str]:
    query = select(Variant.sku).join(ExternalLink, ExternalLink.entity_id == Variant.product_id)
    mine = query.where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == PRODUCT,
        ExternalLink.external_id == external_id,
    )
    return list(session.scalars(mine.order_by(Variant.id)))


def _is_alive(link: ExternalLink) -> bool:
    return not is_stub(link) and link.details.get("live") is not False
