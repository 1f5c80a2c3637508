"""A change that waits in the queue, applied from the delivery that it came with."""

from functions.sync.entities import UnreadableError
from functions.sync.inbound import deliveries, notices
from functions.sync.inbound.applying import apply
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from shared.models import SyncQueue, WebhookDelivery
from shared.models.base import now
from shared.tenant_session import TenantSession


def pull(session: TenantSession, integration: Integration, row: SyncQueue) -> Outcome:
    """Apply a queued change from outside. What cannot be read is a conflict too: nothing is dropped in silence."""
    delivery = session.get(WebhookDelivery, row.webhook_delivery_id) if row.webhook_delivery_id else None
    if delivery is None:
        return Outcome(Result.CONFLICT, None, "delivery_gone", "The delivery that it came with is not kept any more.")
    try:
        if notices.is_notice(delivery):
            outcome = notices.apply(session, integration, delivery)
        else:
            outcome = apply(session, integration, deliveries.read(delivery), force=bool(row.data.get("force")))
    except UnreadableError as error:
        ignored = error.reason in deliveries.IGNORED
        outcome = Outcome(Result.IGNORED if ignored else Result.CONFLICT, None, error.reason, str(error))
    if outcome.result is not Result.CONFLICT:
        delivery.processed_at = now()
    return outcome
