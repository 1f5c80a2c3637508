"""What the inventory takes and gives, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.models.enums import AdjustmentReason
from shared.wire_types import Id, Request

Reason = Literal["RESTOCK", "DAMAGE", "THEFT", "CORRECTION", "RETURN", "MANUAL"]
"""What people may give as a reason; sales and cancellations have their own."""
Notes = Annotated[str, Field(max_length=500)]


class LevelRead(BaseModel):
    """A variant's stock: `available` is what is on hand less what is reserved."""

    variant_id: str
    product_id: str
    product_name: str
    sku: str
    options: dict[str, str]
    track_inventory: bool
    on_hand: int
    reserved: int
    available: int
    low_stock_threshold: int


class ChangeGiven(Request):
    """Units that came or went."""

    variant_id: Id
    quantity: Annotated[int, Field(ge=-1_000_000, le=1_000_000, description="Negative when units go.")]


class AdjustmentCreate(Request):
    """Stock that came or went, and why: all of it is written, or none."""

    reason: Reason
    notes: Notes | None = None
    changes: Annotated[list[ChangeGiven], Field(min_length=1, max_length=100)]


class CountGiven(Request):
    """What was counted of a variant."""

    variant_id: Id
    on_hand: Annotated[int, Field(ge=0, le=1_000_000_000)]


class CountsSet(Request):
    """A stock-taking: all of it is written, or none."""

    reason: Reason = "CORRECTION"
    notes: Notes | None = None
    counts: Annotated[list[CountGiven], Field(min_length=1, max_length=100)]


class ChangedLevelRead(BaseModel):
    """A variant's stock after a change."""

    variant_id: str
    sku: str
    on_hand: int
    reserved: int
    available: int


class ChangedLevelsRead(BaseModel):
    """The stock of what was changed."""

    items: list[ChangedLevelRead]


class AdjustmentRead(BaseModel):
    """A line of a variant's ledger."""

    id: str
    created_at: datetime
    variant_id: str
    sku: str
    quantity_change: int
    new_quantity: int
    reason: AdjustmentReason
    notes: str | None
    user_id: str | None
    order_id: str | None
