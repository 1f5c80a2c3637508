"""What routes that are registered apart from the app know of the request of the moment."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.customers.callers import caller
from shared.admin import actor_of
from shared.audit import Actor
from shared.auth import not_signed_in, principal_of
from shared.tenancy import current_session

Id = Annotated[str, Path(max_length=40)]
SIGNED_IN = [{"bearer": list[str]()}]
"""How a shopper's route says in the API's description that it asks for the token of a customer."""
_EVENT = "event"


def enter(event: dict[str, Any]) -> None:
    """Remember the event that the session of the moment answers."""
    current_session().info[_EVENT] = event


def event() -> dict[str, Any]:
    """The event that the session of the moment answers, as it came."""
    found: dict[str, Any] = current_session().info[_EVENT]
    return found


def me() -> str:
    """The id of the signed-in customer. Raises NotSignedInError."""
    return caller(current_session(), event()).customer_id


def staff_id() -> str:
    """The id of the user who calls. Raises NotSignedInError."""
    principal = principal_of(event())
    if principal is None:
        raise not_signed_in()
    return principal.user_id


def staff() -> Actor:
    """The user who calls, to the audit log. Raises NotSignedInError."""
    principal = principal_of(event())
    if principal is None:
        raise not_signed_in()
    return actor_of(principal, event())
