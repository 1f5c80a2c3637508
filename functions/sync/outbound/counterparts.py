"""What of ours is linked to what of theirs, as a push needs to know it."""

from sqlalchemy import select

from functions.sync.inbound.links import Integration, is_stub
from functions.sync.inbound.stock import theirs
from functions.sync.outbound.outgoing import Link
from shared.models import ExternalLink
from shared.tenant_session import TenantSession


def linked(
    session: TenantSession, integration: Integration, entity_type: str, ids: list[str]
) -> dict[str, ExternalLink]:
    """The links of our entities by their ids, of those that the shop has."""
    if not ids:
        return {}
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == entity_type,
        ExternalLink.entity_id.in_(ids),
    )
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {row.entity_id: row for row in rows if not is_stub(row)}


def link_of(row: ExternalLink | None) -> Link | None:
    """What a link says; None for none."""
    if row is None:
        return None
    pushes = int(row.details.get("pushes", 0))
    return Link(row.external_id, row.external_parent_id, pushes, theirs(row), dict(row.details))
