"""Hearing no more from a shop by the header of a mail: a program's one click (RFC 8058), or a person's on a page.

The path names the store, which proves nothing: what is done is done by the token, which is one of that store or of
none. The shop may be closed, and the page is not one of the shop's: who wants no mails needs nothing else to work.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from html import escape
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path
from sqlalchemy import select

from functions.customers import accounts
from functions.customers.callers import client_of
from functions.customers.requests import Id, event
from shared.api import gives, takes
from shared.auth import public
from shared.errors import NoSuchStoreError, NotFoundError
from shared.models import Store
from shared.tenancy import current_session, tenant_session
from shared.tenant_session import TenantSession

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["privacy"]
PATH = "/v1/unsubscribe/"
HTML = "text/html"
Token = Annotated[str, Path(max_length=100, description="As the mail has it.")]
_HEADERS: dict[str, str | list[str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_BUTTON = '<form method="post"><button>Send me no more</button></form>'


@router.get(f"{PATH}<store_id>/<token>", tags=TAGS)
@public
@gives(HTML)
def ask_to_unsubscribe(store_id: Id, token: Token) -> Response[str]:
    """A page with a button: what only looks at links, as scanners of mail do, must not unsubscribe anybody."""
    accounts.check_unsubscribing(current_session(), token)
    return _page("Do you want no more mails from {shop}, but for those about your orders?", _BUTTON)


@router.post(f"{PATH}<store_id>/<token>", tags=TAGS)
@public
@takes("application/x-www-form-urlencoded", "multipart/form-data")
@gives(HTML)
def unsubscribe_by_one_click(store_id: Id, token: Token) -> Response[str]:
    """Hear no more from the shop than one's orders ask for; as often as one likes. The body is of no matter."""
    accounts.unsubscribe(current_session(), token, client_of(event()))
    return _page("{shop} will send you no more mails, but for those about your orders.")


def is_unsubscribing(event: Mapping[str, Any]) -> bool:
    """Whether a request is for one of these routes."""
    return str(event["rawPath"]).startswith(PATH)


@contextmanager
def open_unsubscribing(event: Mapping[str, Any]) -> Iterator[TenantSession]:
    """The session of the store in the path. Raises NotFoundError when there is none."""
    with ExitStack() as stack:
        try:
            store_id = str(event["rawPath"]).removeprefix(PATH).partition("/")[0]
            session = stack.enter_context(tenant_session(store_id))
        except NoSuchStoreError as error:
            raise NotFoundError("store_not_found", "There is no such store.") from error
        yield session


def _page(sentence: str, form: str = "") -> Response[str]:
    shop = escape(current_session().scalars(select(Store.name)).one())
    text = sentence.format(shop=shop)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{shop}</title>'
    body = f"<!doctype html><html lang=en><head>{head}</head><body><p>{text}</p>{form}</body></html>"
    return Response(200, content_type=f"{HTML}; charset=utf-8", body=body, headers=_HEADERS)
