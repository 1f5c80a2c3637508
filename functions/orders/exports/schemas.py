"""What the routes of order exports take and give, as JSON."""

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from shared.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from shared.wire_types import Id, Request


class OrderExportCreate(Request):
    """Which orders to export: those that the list shows with the same filters; all unless one is given."""

    status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    fulfillment_status: FulfillmentStatus | None = None
    customer_id: Id | None = None
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    q: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        None, description="Beginning of an order's number."
    )
    created_from: AwareDatetime | None = Field(None, description="At this moment or later.")
    created_to: AwareDatetime | None = Field(None, description="Before this moment.")
    deleted: bool = Field(False, description="Those that were deleted and can be restored.")
