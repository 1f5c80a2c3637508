"""Has a shop tell again what it has ceased to tell: whoever fails to take deliveries for a while is told no more."""

import logging

from functions.sync.runs.leases import Work
from shared.integrations import read_secret
from shared.models import ExternalPlatformIntegration
from shared.platforms.errors import DeniedError, RefusedError
from shared.platforms.webhooks import revive
from shared.tenancy import tenant_session

log = logging.getLogger(__name__)


def wake(work: Work) -> None:
    """See that a shop's webhooks are there and active. Raises UnreachableError."""
    secret, known = work.integration.webhook_secret, list(work.integration.webhooks)
    if not known or not secret:
        return
    try:
        found = revive(work.credentials, known, read_secret(work.store_id, secret))
    except (RefusedError, DeniedError) as error:
        # What it does not tell is found by the comparison itself.
        log.warning("webhooks sleep on", extra={"integration_id": work.integration.id, "code": error.code})
        return
    if found == known:
        return
    with tenant_session(work.store_id) as session:
        row = session.get_one(ExternalPlatformIntegration, work.integration.id, with_for_update=True)
        if row.disconnected_at is None:
            row.webhooks = found
