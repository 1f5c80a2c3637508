"""The routes by which staff decide on tax exemptions."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.customers import exemptions
from functions.customers.admin_schemas import TaxExemptionDecidedRead, TaxExemptionRejection
from functions.customers.requests import Id, staff_id
from functions.customers.shared_schemas import TaxExemptionCreate, TaxExemptionRead
from shared.auth import requires
from shared.models import TaxExemption
from shared.models.enums import TaxExemptionStatus
from shared.pagination import Cursor, Limit, Page, page_of_newest
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["customers"]


@router.get("/v1/tax-exemptions", tags=TAGS)
@requires("customers:read")
def list_tax_exemptions(
    status: Annotated[TaxExemptionStatus | None, Query()] = None,
    customer_id: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[TaxExemptionDecidedRead]:
    """The certificates of the store's customers, newest first."""
    rows = current_session().scalars(exemptions.newest(status, customer_id, limit, cursor)).all()
    return page_of_newest(rows, limit, _decided)


@router.post("/v1/customers/<customer_id>/tax-exemptions", tags=TAGS, status_code=201)
@requires("customers:write")
def submit_tax_exemption(customer_id: Id, body: TaxExemptionCreate) -> TaxExemptionDecidedRead:
    """Hand in a certificate for a customer; it counts once it has been approved."""
    return _decided(exemptions.submit(current_session(), customer_id, body))


@router.post("/v1/tax-exemptions/<exemption_id>/approve", tags=TAGS)
@requires("customers:write")
def approve_tax_exemption(exemption_id: Id) -> TaxExemptionDecidedRead:
    """Let a certificate count until it expires."""
    return _decided(exemptions.approve(current_session(), exemption_id, staff_id()))


@router.post("/v1/tax-exemptions/<exemption_id>/reject", tags=TAGS)
@requires("customers:write")
def reject_tax_exemption(exemption_id: Id, body: TaxExemptionRejection) -> TaxExemptionDecidedRead:
    """Refuse a certificate, with the reason that the customer is told."""
    return _decided(exemptions.reject(current_session(), exemption_id, body.reason, staff_id()))


@router.post("/v1/tax-exemptions/<exemption_id>/revoke", tags=TAGS)
@requires("customers:write")
def revoke_tax_exemption(exemption_id: Id) -> TaxExemptionDecidedRead:
    """Take an approval back."""
    return _decided(exemptions.revoke(current_session(), exemption_id))


def exemption_shown(row: TaxExemption) -> TaxExemptionRead:
    """A certificate as customers see it, with the status of this moment."""
    facts = {name: getattr(row, name) for name in TaxExemptionRead.model_fields}
    return TaxExemptionRead(**(facts | {"status": exemptions.status_of(row)}))


def _decided(row: TaxExemption) -> TaxExemptionDecidedRead:
    return TaxExemptionDecidedRead(
        **exemption_shown(row).model_dump(), approved_by=row.approved_by, rejected_by=row.rejected_by
    )
