"""What customers and staff send and are shown of privacy requests and legal holds, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from functions.customers.schemas import Password
from shared.models.enums import PrivacyRequestKind, PrivacyRequestStatus
from shared.wire_types import Id, Request


class ErasureGiven(Request):
    """What proves that it is the customer who wants to be erased."""

    password: Password


class DataExportToken(Request):
    """The token of the link that came by mail."""

    token: Annotated[str, Field(min_length=1, max_length=200, description="As it stands in the mail.")]


class DataExportLinkRead(BaseModel):
    """Where an export can be fetched for an hour."""

    url: str


class PrivacyRequestRead(BaseModel):
    """A request to export or erase a customer's data."""

    id: str
    customer_id: str | None
    kind: PrivacyRequestKind
    source: str = Field(description="customer, staff, or the platform that asked.")
    status: PrivacyRequestStatus
    error: str | None = Field(description="What an erasure waits for, such as open_orders, or why an export failed.")
    due_at: datetime
    completed_at: datetime | None
    expires_at: datetime | None = Field(description="Until when an export can be fetched.")
    url: str | None = Field(description="Where an export can be fetched for an hour.")
    created_at: datetime


class DataExportsRead(BaseModel):
    """A customer's exports, newest first."""

    items: list[PrivacyRequestRead]


class LegalHoldCreate(Request):
    """What is to be kept, whatever the purge or an erasure says: a customer's data, or all of the store's."""

    customer_id: Id | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    until: AwareDatetime | None = Field(default=None, description="Without it, until it is released.")


class LegalHoldRead(BaseModel):
    """A legal hold."""

    id: str
    customer_id: str | None
    reason: str
    placed_by: str
    by_platform: bool = Field(description="Only the platform can release it.")
    until: datetime | None
    released_at: datetime | None
    released_by: str | None
    created_at: datetime
