"""The routes of notes beside orders."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path
from sqlalchemy import select, tuple_

from functions.orders import service
from functions.orders.schemas import OrderNoteCreate, OrderNoteRead
from functions.orders.showing import note_shown
from shared.auth import requires
from shared.models import OrderNote
from shared.orders.lifecycle import order_of
from shared.pagination import Cursor, Limit, Page, page_of_newest, place_of_newest
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["orders"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/orders/<order_id>/notes", tags=TAGS)
@requires("orders:read")
def list_order_notes(order_id: Id, limit: Limit = 20, cursor: Cursor = None) -> Page[OrderNoteRead]:
    """The notes beside an order, newest first."""
    session = current_session()
    order = order_of(session, order_id)
    query = select(OrderNote).where(OrderNote.order_id == order.id)
    query = query.order_by(OrderNote.created_at.desc(), OrderNote.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(OrderNote.created_at, OrderNote.id) < place_of_newest(cursor))
    return page_of_newest(session.scalars(query).all(), limit, note_shown)


@router.post("/v1/orders/<order_id>/notes", tags=TAGS, status_code=201)
@requires("orders:write")
def create_order_note(order_id: Id, body: OrderNoteCreate) -> OrderNoteRead:
    """Write a note, for staff alone unless it is for the customer."""
    session = current_session()
    return note_shown(service.add_note(session, order_of(session, order_id), body))
