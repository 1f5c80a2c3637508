"""What staff send and are shown of the purge, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from functions.purge.retention import LEAST
from shared.wire_types import Request

Days = Annotated[int, Field(ge=LEAST, le=3650)]


class RetentionUpdate(Request):
    """How many days each kind of thing is kept after it was deleted; what is not named is kept as the plan says."""

    days: Annotated[
        dict[str, Days],
        Field(max_length=40, description="By table.", examples=[{"products": 60, "customers": 30}]),
    ]


class RetentionRead(BaseModel):
    """How long what was deleted is kept: what the store says, and what comes of it."""

    days: dict[str, int]
    in_effect: dict[str, int] = Field(description="Days by table, of every kind that can be restored.")


class PurgeReportRead(BaseModel):
    """What the next run would remove: rows by table, without those that go with them."""

    moment: datetime
    held: bool = Field(description="The store is under a legal hold, and nothing of it is purged.")
    rows: dict[str, int]


class StorePurgeReportRead(BaseModel):
    """What the next run would remove of one store."""

    store_id: str
    rows: dict[str, int]


class PlatformPurgeReportRead(BaseModel):
    """What the next run would remove, of every store with anything to remove."""

    moment: datetime
    rows: dict[str, int]
    stores: list[StorePurgeReportRead]
