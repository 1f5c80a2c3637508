"""Stock, to those who keep it."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.inventory import service
from functions.inventory.schemas import AdjustmentCreate, AdjustmentRead, ChangedLevelsRead, CountsSet, LevelRead
from shared.admin import actor_of, open_admin
from shared.api import HttpApi
from shared.audit import Actor
from shared.auth import requires
from shared.idempotency import idempotent
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session, tenant_isolated

app = HttpApi()
TAGS = ["inventory"]


@app.get("/v1/inventory", tags=TAGS)
@requires("inventory:read")
def list_levels(
    q: Annotated[str | None, Query(max_length=100, description="Beginning of a SKU, or part of a name.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[LevelRead]:
    """The stock of every variant, by SKU."""
    return service.list_levels(current_session(), q, limit, cursor)


@app.put("/v1/inventory", tags=TAGS)
@requires("inventory:write")
def set_levels(body: CountsSet) -> ChangedLevelsRead:
    """Set the stock of up to a hundred variants, as counted: all of it, or nothing."""
    return service.count(current_session(), body, _actor())


@app.get("/v1/inventory/low-stock", tags=TAGS)
@requires("inventory:read")
def list_low_stock(limit: Limit = 20, cursor: Cursor = None) -> Page[LevelRead]:
    """What is at its threshold or below."""
    return service.list_low(current_session(), limit, cursor)


@app.get("/v1/inventory/adjustments", tags=TAGS)
@requires("inventory:read")
def list_adjustments(
    variant_id: Annotated[str | None, Query(max_length=40)] = None, limit: Limit = 20, cursor: Cursor = None
) -> Page[AdjustmentRead]:
    """The ledger, newest first: of one variant, or of all."""
    return service.history(current_session(), variant_id, limit, cursor)


@app.post("/v1/inventory/adjustments", tags=TAGS, status_code=201)
@requires("inventory:write")
def adjust_levels(body: AdjustmentCreate) -> ChangedLevelsRead:
    """Write stock that came or went, with the reason: all of it, or nothing."""
    return service.change(current_session(), body, _actor())


def _actor() -> Actor:
    return actor_of(app.principal, app.event)


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
