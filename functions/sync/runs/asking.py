"""Asks a shop what something is now, where what it told leaves open what is newer, or whether it is there at all.

A comparison finds the same within the hour. So what keeps it from asking is logged and no more, and a shop that does
not answer is left alone for a while.
"""

import logging
import time
from collections.abc import Iterable

from functions.sync import queue
from functions.sync.entities import VARIANT
from functions.sync.inbound import links
from functions.sync.inbound.applying import apply
from functions.sync.runs.pages import Unreadable
from functions.sync.runs.running import reader_of
from shared.integrations import credentials_of
from shared.models import ExternalPlatformIntegration
from shared.models.enums import ExternalPlatform
from shared.platforms import circuit
from shared.platforms.errors import RefusedError
from shared.tenancy import tenant_session

log = logging.getLogger(__name__)
_ALONE_SECONDS = 300
_left_alone: dict[str, float] = {}


def ask(store_id: str, integration_id: str, doubted: Iterable[tuple[str, str, str | None]]) -> None:
    """Take over what a shop says now of things: their types and ids, and those of what they are part of."""
    if time.monotonic() < _left_alone.get(integration_id, 0):
        return
    try:
        _ask(store_id, integration_id, doubted)
    except Exception as error:
        _left_alone[integration_id] = time.monotonic() + _ALONE_SECONDS
        extra = {"integration_id": integration_id, "error": type(error).__name__}
        log.info("a shop could not be asked what is newer", extra=extra)


def _ask(store_id: str, integration_id: str, doubted: Iterable[tuple[str, str, str | None]]) -> None:
    with tenant_session(store_id) as session:
        integration = session.get_one(ExternalPlatformIntegration, integration_id)
    is_asked = integration.platform is ExternalPlatform.WOOCOMMERCE and integration.disconnected_at is None
    if not is_asked or not integration.is_active or circuit.is_open(integration.circuit):
        return
    credentials, reader = credentials_of(session, integration), reader_of(integration)
    for entity_type, external_id, parent in sorted(doubted, key=str):
        of = ("product", parent or external_id) if entity_type == VARIANT else (entity_type, external_id)
        try:
            entities = reader.one(credentials, *of)
        except RefusedError:
            # Gone, it may be: a comparison says for sure.
            continue
        with tenant_session(store_id) as session:
            integration = session.get_one(ExternalPlatformIntegration, integration_id)
            for entity in entities:
                if not isinstance(entity, Unreadable):
                    apply(session, integration, entity)
            queue.woken(session, integration_id, links.arrivals(session))
