"""Orders, to those who process them: lists, steps, parcels, payments by hand, refunds, notes, exports, reports."""

from typing import Any

from functions.orders import notes, payments, refunds, routes, shipments
from functions.orders.exports import routes as exports
from functions.orders.reports import routes as reports
from shared.admin import open_admin
from shared.api import HttpApi
from shared.idempotency import idempotent
from shared.tenancy import tenant_isolated

app = HttpApi()
for router in (
    routes.router,
    shipments.router,
    payments.router,
    refunds.router,
    notes.router,
    exports.router,
    reports.router,
):
    app.include_router(router)


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
