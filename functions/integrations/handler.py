"""The shops that a store is connected to: connecting, how they fare, what waits, and what somebody has to decide."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.integrations import connecting, queue, runs, service
from functions.integrations.queue import QueueFilter
from functions.integrations.schemas import (
    ConflictDecision,
    IntegrationCreate,
    IntegrationRead,
    IntegrationSummaryRead,
    IntegrationTestRead,
    IntegrationUpdate,
    SecretRotation,
    SyncQueueDetailRead,
    SyncQueueItemRead,
    SyncRunCreate,
    SyncRunRead,
)
from shared.admin import open_admin
from shared.api import HttpApi
from shared.auth import requires
from shared.idempotency import idempotent
from shared.models.enums import SyncDirection, SyncQueueStatus
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import add_header, current_session, tenant_isolated

app = HttpApi()
TAGS = ["integrations"]
Id = Annotated[str, Path(max_length=40)]
Named = Annotated[str | None, Query(max_length=100)]


@app.get("/v1/integrations", tags=TAGS)
@requires("integrations:read")
def list_integrations(
    disconnected: Annotated[bool, Query(description="Those that have ended.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[IntegrationSummaryRead]:
    """The shops that the store is connected to, newest first."""
    return service.list_integrations(current_session(), limit, cursor, disconnected=disconnected)


@app.post("/v1/integrations", tags=TAGS, status_code=201)
@requires("integrations:write")
def connect_shop(body: IntegrationCreate) -> IntegrationRead:
    """Connect a shop: it is called with the keys, its webhooks are registered, and its import begins."""
    made = connecting.connect(current_session(), body, app.event)
    add_header(current_session(), "Location", f"/v1/integrations/{made}")
    return service.read_integration(current_session(), made)


@app.get("/v1/integrations/<integration_id>", tags=TAGS)
@requires("integrations:read")
def read_integration(integration_id: Id) -> IntegrationRead:
    """A connected shop and how it fares."""
    return service.read_integration(current_session(), integration_id)


@app.patch("/v1/integrations/<integration_id>", tags=TAGS)
@requires("integrations:write")
def update_integration(integration_id: Id, body: IntegrationUpdate) -> IntegrationRead:
    """Change which way things go and who wins; pause or resume."""
    service.update_integration(current_session(), integration_id, body, app.event)
    return service.read_integration(current_session(), integration_id)


@app.delete("/v1/integrations/<integration_id>", tags=TAGS, status_code=204)
@requires("integrations:write")
def disconnect_shop(integration_id: Id) -> None:
    """Disconnect a shop: its webhooks are taken off and its keys wiped. What was synced stays, and what links it."""
    connecting.disconnect(current_session(), integration_id)


@app.post("/v1/integrations/<integration_id>/test", tags=TAGS)
@requires("integrations:write")
def check_shop(integration_id: Id) -> IntegrationTestRead:
    """Call a shop with its keys, and register again the webhooks that it has dropped."""
    return connecting.test(current_session(), integration_id, app.event)


@app.post("/v1/integrations/<integration_id>/rotate-secret", tags=TAGS)
@requires("integrations:write")
def rotate_secret(integration_id: Id, body: SecretRotation) -> IntegrationRead:
    """Replace the secret that deliveries are signed with."""
    connecting.rotate(current_session(), integration_id, body)
    return service.read_integration(current_session(), integration_id)


@app.post("/v1/integrations/<integration_id>/sync", tags=TAGS, status_code=202)
@requires("integrations:write")
def start_sync(integration_id: Id, body: SyncRunCreate) -> SyncRunRead:
    """Look through a whole shop: for what no delivery told of, or to import everything again."""
    return runs.run_shown(runs.start(current_session(), integration_id, body.kind))


@app.get("/v1/integrations/<integration_id>/runs", tags=TAGS)
@requires("integrations:read")
def list_sync_runs(integration_id: Id, limit: Limit = 20, cursor: Cursor = None) -> Page[SyncRunRead]:
    """Imports and reconciliations, newest first, and how far they are."""
    return runs.list_runs(current_session(), integration_id, limit, cursor)


@app.get("/v1/integrations/<integration_id>/queue", tags=TAGS)
@requires("integrations:read")
def list_sync_queue(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    integration_id: Id,
    status: Annotated[SyncQueueStatus | None, Query()] = None,
    direction: Annotated[SyncDirection | None, Query()] = None,
    entity_type: Named = None,
    entity_id: Named = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[SyncQueueItemRead]:
    """The changes of a connection, newest first."""
    wanted = QueueFilter(status, direction, entity_type, entity_id)
    return queue.list_queue(current_session(), integration_id, wanted, limit, cursor)


@app.get("/v1/integrations/<integration_id>/queue/<item_id>", tags=TAGS)
@requires("integrations:read")
def read_sync_item(integration_id: Id, item_id: Id) -> SyncQueueDetailRead:
    """A change, with the delivery that it came with."""
    return queue.read_item(current_session(), integration_id, item_id)


@app.post("/v1/integrations/<integration_id>/queue/<item_id>/retry", tags=TAGS)
@requires("integrations:write")
def retry_sync_item(integration_id: Id, item_id: Id) -> SyncQueueDetailRead:
    """Try a change again, now."""
    queue.retry(current_session(), integration_id, item_id)
    return queue.read_item(current_session(), integration_id, item_id)


@app.post("/v1/integrations/<integration_id>/queue/<item_id>/resolve", tags=TAGS)
@requires("integrations:write")
def resolve_sync_item(integration_id: Id, item_id: Id, body: ConflictDecision) -> SyncQueueDetailRead:
    """Decide whose side of a conflict stays."""
    queue.resolve(current_session(), integration_id, item_id, body.keep)
    return queue.read_item(current_session(), integration_id, item_id)


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
