"""What staff send and are shown of a store's customers, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from functions.customers.shared_schemas import TaxExemptionRead
from shared.wire_types import Email, Language, PersonName, Phone, Request


class CustomerCreate(Request):
    """A customer that staff write down: a guest until they prove the address and choose a password."""

    email: Email
    first_name: PersonName
    last_name: PersonName | None = None
    phone: Phone | None = None
    language: Language | None = None
    marketing_opt_in: bool = False


class CustomerUpdate(Request):
    """What staff may change of a customer; what is left out stays, and null empties what may be empty.

    With another e-mail address the customer is signed out and has to prove it, by a new password.
    """

    email: Email | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    phone: Phone | None = None
    language: Language | None = None
    marketing_opt_in: bool | None = None


class CustomerRead(BaseModel):
    """A customer, to the staff of the store."""

    id: str
    email: str
    first_name: str
    last_name: str | None
    phone: str | None
    is_guest: bool
    email_verified: bool
    language: str
    marketing_opt_in: bool
    is_tax_exempt: bool = Field(description="An approved exemption is in date.")
    tax_exempt_reason: str | None
    total_orders: int
    total_spent: str
    currency: str
    last_order_at: datetime | None
    created_at: datetime
    version: int


class TaxExemptionDecidedRead(TaxExemptionRead):
    """A certificate, with the users who decided."""

    approved_by: str | None
    rejected_by: str | None


class TaxExemptionRejection(Request):
    """Why a certificate is not accepted; the customer is told."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class CustomersOfMonthRead(BaseModel):
    """How many customers a month brought (UTC)."""

    month: str = Field(examples=["2026-11"])
    customers: int


class TopCustomerRead(BaseModel):
    """Who has spent most."""

    id: str
    email: str
    first_name: str
    last_name: str | None
    orders: int
    spent: str


class CustomerStatisticsRead(BaseModel):
    """The store's customers in figures. Cancelled and refunded orders do not count."""

    customers: int
    guests: int
    accounts: int
    marketing_opt_in: int
    tax_exempt: int
    with_orders: int
    currency: str
    average_order_value: str | None
    repeat_rate: float | None = Field(description="Of those who ordered, the share that did more than once.")
    new_by_month: list[CustomersOfMonthRead]
    top_customers: list[TopCustomerRead]
