"""The routes of order exports."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.orders.exports import service
from functions.orders.exports.schemas import OrderExportCreate
from shared.admin import actor_of
from shared.audit import Actor
from shared.auth import not_signed_in, principal_of, requires
from shared.exports import ExportRead
from shared.tenancy import add_header, current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["orders"]


@router.post("/v1/orders/export", tags=TAGS, status_code=202)
@requires("orders:read")
def export_orders(body: OrderExportCreate) -> ExportRead:
    """Write orders to a CSV file, a row for each line; ask at `Location` how far it is."""
    found = service.export(current_session(), body, _actor())
    add_header(current_session(), "Location", f"/v1/orders/exports/{found.id}")
    return found


@router.get("/v1/orders/exports/<export_id>", tags=TAGS)
@requires("orders:read")
def read_order_export(export_id: Annotated[str, Path(max_length=40)]) -> ExportRead:
    """How far an export is and, when it is completed, where its file is."""
    return service.read_export(current_session(), export_id)


def _actor() -> Actor:
    event = router.current_event.raw_event
    principal = principal_of(event)
    if principal is None:
        raise not_signed_in()
    return actor_of(principal, event)
