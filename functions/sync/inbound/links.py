"""Links between our entities and theirs, each locked before anything of it is read: a shop's changes of one thing wait
for each other.

A link may be older than what it links: a body that names something, or word that it is gone, can come before it. Such
a link is a stub. It holds the id that our entity will have, so that what refers to it needs no second look.

Links are locked in this order: order, customer, product, its variants by their id, then categories.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from functions.sync.inbound.outcomes import SetAsideError
from shared.models import ExternalLink, ExternalPlatformIntegration, OrderItem
from shared.models.base import new_id
from shared.tenant_session import INCLUDE_DELETED, TenantSession

Integration = ExternalPlatformIntegration
_STUB = "stub"
_ARRIVED = "sync_arrived"
_DOUBTED = "sync_doubted"


def locked(
    session: TenantSession, integration: Integration, entity_type: str, external_id: str, parent: str | None = None
) -> ExternalLink:
    """The link of something of theirs, made when there is none; nobody else's until the commit."""
    query = _of(integration, entity_type, [external_id]).with_for_update().execution_options(populate_existing=True)
    link: ExternalLink | None = session.scalar(query)
    if link is None:
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        values = {
            "id": new_id(),
            "integration_id": integration.id,
            "entity_type": entity_type,
            "entity_id": new_id(),
            "external_id": external_id,
            "external_parent_id": parent,
            "details": {_STUB: True},
        }
        session.execute(dialect.insert(ExternalLink).values(values).on_conflict_do_nothing())
        link = session.scalars(query).one()
    if parent is not None and link.external_parent_id != parent:
        link.external_parent_id = parent
    return link


def fresh(
    session: TenantSession, integration: Integration, entity_type: str, external_id: str, parent: str | None = None
) -> ExternalLink:
    """A link of something that nobody has heard of; writing it fails when somebody is just hearing of it."""
    link = ExternalLink(
        id=new_id(),
        integration_id=integration.id,
        entity_type=entity_type,
        entity_id=new_id(),
        external_id=external_id,
        external_parent_id=parent,
        details={_STUB: True},
    )
    session.add(link)
    return link


def known(
    session: TenantSession, integration: Integration, entity_type: str, external_ids: Iterable[str]
) -> dict[str, ExternalLink]:
    """Links that are there, by their ids."""
    wanted = sorted(set(external_ids))
    found = session.scalars(_of(integration, entity_type, wanted)) if wanted else ()
    return {link.external_id: link for link in found}


def below(session: TenantSession, integration: Integration, entity_type: str, parent: str) -> list[ExternalLink]:
    """The links of what belongs to something of theirs, locked, by their ids."""
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == entity_type,
        ExternalLink.external_parent_id == parent,
    )
    return list(session.scalars(query.order_by(ExternalLink.external_id).with_for_update()))


def is_stub(link: ExternalLink) -> bool:
    """Whether what it links has not come yet."""
    return bool(link.details.get(_STUB))


def bind(session: TenantSession, link: ExternalLink, entity_id: str | None = None) -> None:
    """Say that what it links is here: under the id it was given, or as something that we had already.

    Raises SetAsideError when that is linked to something else of theirs.
    """
    if entity_id is not None and entity_id != link.entity_id:
        _free(session, link, entity_id)
        was, link.entity_id = link.entity_id, entity_id
        session.flush()
        # Lines of orders that came before it.
        lines = update(OrderItem).where(OrderItem.variant_id == was).values(variant_id=entity_id)
        if link.entity_type == "variant":
            session.execute(lines.execution_options(synchronize_session=False))
    if is_stub(link):
        detail(link, stub=None)
        arrived(session, f"{link.entity_type}:{link.external_id}")


def detail(link: ExternalLink, **values: Any) -> None:
    """Note something; None forgets it."""
    new = {name: value for name, value in (dict(link.details) | values).items() if value is not None}
    if new != link.details:
        link.details = new


def arrived(session: TenantSession, key: str) -> None:
    """Say that something is here that others may have waited for."""
    session.info.setdefault(_ARRIVED, set()).add(key)


def arrivals(session: TenantSession) -> set[str]:
    """All that has arrived in a session."""
    return set(session.info.get(_ARRIVED, ()))


def doubt(session: TenantSession, link: ExternalLink) -> None:
    """Say that what was told of something contradicts itself, or leaves open what is newer: the shop knows."""
    session.info.setdefault(_DOUBTED, set()).add((link.entity_type, link.external_id, link.external_parent_id))


def doubts(session: TenantSession) -> set[tuple[str, str, str | None]]:
    """Types, ids and parents' ids of what is doubted in a session."""
    return set(session.info.get(_DOUBTED, ()))


def row_of(session: TenantSession, model: Any, entity_id: str, *, lock: bool = True) -> Any:
    """A row of ours, deleted or not, or None."""
    query = select(model).where(model.id == entity_id).execution_options(**{INCLUDE_DELETED: True})
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)


def _of(integration: Integration, entity_type: str, external_ids: list[str]) -> Any:
    return select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == entity_type,
        ExternalLink.external_id.in_(external_ids),
    )


def _free(session: TenantSession, link: ExternalLink, entity_id: str) -> None:
    other = session.scalar(
        select(ExternalLink).where(
            ExternalLink.integration_id == link.integration_id,
            ExternalLink.entity_type == link.entity_type,
            ExternalLink.entity_id == entity_id,
        )
    )
    if other is not None:
        raise SetAsideError(
            "linked_to_another",
            f"Our {link.entity_type} that it matches is linked to their {other.external_id} already.",
            ["taken"],
        )
