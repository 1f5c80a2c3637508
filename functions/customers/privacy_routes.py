"""The routes by which customers take their data away or have it erased, and staff do so for them."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.customers import privacy
from functions.customers.callers import caller, client_of, customer_of
from functions.customers.privacy_schemas import (
    DataExportLinkRead,
    DataExportsRead,
    DataExportToken,
    ErasureGiven,
    LegalHoldCreate,
    LegalHoldRead,
    PrivacyRequestRead,
)
from functions.customers.requests import SIGNED_IN, Id, event, me, staff
from shared.auth import public, requires
from shared.models import LegalHold
from shared.models.enums import PrivacyRequestKind
from shared.pagination import Cursor, Limit, Page, page_of_newest
from shared.privacy.requests import ask_for_export, erase_now
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["privacy"]


@router.post("/v1/storefront/me/data-export", tags=TAGS, status_code=202, security=SIGNED_IN)
@public
def ask_for_own_data() -> PrivacyRequestRead:
    """Have all that the store knows of the customer collected; a mail says when it can be fetched."""
    session = current_session()
    return privacy.request_shown(privacy.export_own(session, caller(session, event()), client_of(event())))


@router.get("/v1/storefront/me/data-export", tags=TAGS, security=SIGNED_IN)
@public
def list_own_exports() -> DataExportsRead:
    """The customer's exports, newest first, with links to those that are ready."""
    rows = privacy.own_exports(current_session(), me())
    return DataExportsRead(items=[privacy.request_shown(row) for row in rows])


@router.post("/v1/storefront/data-exports", tags=TAGS)
@public
def fetch_data_export(body: DataExportToken) -> DataExportLinkRead:
    """Where the export lies that a mail's link is for, within seven days."""
    return DataExportLinkRead(url=privacy.link_by_token(current_session(), body.token))


@router.post("/v1/storefront/me/erasure", tags=TAGS, security=SIGNED_IN)
@public
def erase_own_data(body: ErasureGiven) -> PrivacyRequestRead:
    """Erase the customer at once: nothing of the person is left, and nobody can undo it. Figures of orders stay."""
    session = current_session()
    done = privacy.erase_own(session, caller(session, event()), body.password, client_of(event()))
    return privacy.request_shown(done)


@router.post("/v1/customers/<customer_id>/data-export", tags=TAGS, status_code=202)
@requires("customers:write")
def export_customer(customer_id: Id) -> PrivacyRequestRead:
    """Have all that the store knows of a customer collected; the store gets a mail when it can be fetched."""
    session = current_session()
    return privacy.request_shown(ask_for_export(session, customer_of(session, customer_id), staff(), source="staff"))


@router.post("/v1/customers/<customer_id>/erasure", tags=TAGS)
@requires("customers:write")
def erase_customer(customer_id: Id) -> PrivacyRequestRead:
    """Erase a customer at once, as they may ask; nobody can undo it. Figures of orders stay."""
    return privacy.request_shown(erase_now(current_session(), customer_id, staff(), source="staff"))


@router.get("/v1/privacy-requests", tags=TAGS)
@requires("customers:read")
def list_privacy_requests(
    kind: Annotated[PrivacyRequestKind | None, Query()] = None,
    customer_id: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[PrivacyRequestRead]:
    """What customers asked of their data, newest first, with links to the exports that are ready."""
    rows = current_session().scalars(privacy.newest_requests(kind, customer_id, limit, cursor)).all()
    return page_of_newest(rows, limit, privacy.request_shown)


@router.get("/v1/legal-holds", tags=TAGS)
@requires("customers:read")
def list_legal_holds(limit: Limit = 20, cursor: Cursor = None) -> Page[LegalHoldRead]:
    """What must not be purged or erased, newest first."""
    rows = current_session().scalars(privacy.newest_holds(limit, cursor)).all()
    return page_of_newest(rows, limit, _hold)


@router.post("/v1/legal-holds", tags=TAGS, status_code=201)
@requires("customers:write")
def place_legal_hold(body: LegalHoldCreate) -> LegalHoldRead:
    """Keep the data of a customer, or all of the store's, from being purged or erased."""
    return _hold(privacy.place_hold(current_session(), body, staff()))


@router.post("/v1/legal-holds/<hold_id>/release", tags=TAGS)
@requires("customers:write")
def release_legal_hold(hold_id: Id) -> LegalHoldRead:
    """End a hold."""
    return _hold(privacy.release_hold(current_session(), hold_id, staff()))


def _hold(row: LegalHold) -> LegalHoldRead:
    return LegalHoldRead.model_validate(row, from_attributes=True)
