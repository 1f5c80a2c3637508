"""A function as real ones are built: its routes make products and orders, and count them; and what is left of it."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from sqlalchemy import func, select

from shared.admin import open_admin
from shared.api import HttpApi
from shared.auth import requires
from shared.errors import ConflictError
from shared.models import AccountMail, Product, StoreSubscription
from shared.models.base import new_id
from shared.plan_limits import Resource, give_back, take_place
from shared.tenancy import current_session, platform_session, tenant_isolated, tenant_session
from tests.api import principal_context
from tests.calls import Answer, Context, http_event
from tests.factories import order_of, product_of
from tests.functions.stores.people import Shop, make_shop

app = HttpApi()


@app.post("/products")
@requires("products:write")
def make_product(fail: Annotated[str, Query()] = "", amount: Annotated[int, Query()] = 1) -> dict[str, str]:
    """Make a product, and fail after that if asked to."""
    session = current_session()
    take_place(session, Resource.PRODUCTS, amount)
    session.add(product_of(name="made"))
    session.flush()
    if fail == "refused":
        raise ConflictError("refused", "Refused.")
    if fail:
        raise RuntimeError(fail)
    return {}


@app.delete("/products")
@requires("products:write")
def drop_product(amount: Annotated[int, Query()] = 1) -> dict[str, str]:
    """Count products that are gone."""
    give_back(current_session(), Resource.PRODUCTS, amount)
    return {}


@app.post("/orders")
@requires("orders:write")
def make_order() -> dict[str, str]:
    """Make an order."""
    session = current_session()
    take_place(session, Resource.ORDERS)
    session.add(order_of())
    return {}


@tenant_isolated(open_admin)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)


def ask(token: str, url: str = "/products", method: str = "POST") -> Answer:
    """What the function answers to who has a token."""
    event = http_event(method, url)
    event["requestContext"]["authorizer"] = {"lambda": principal_context(token)}
    response = handler(event, Context())
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return Answer(response["statusCode"], headers, response["body"])


def used(shop: Shop, resource: str = "products") -> int:
    """What the subscription counts."""
    with tenant_session(shop.id) as session:
        return int(session.scalars(select(getattr(StoreSubscription, f"current_{resource}"))).one())


def made(shop: Shop, model: Any = Product) -> int:
    """How many rows there are."""
    with tenant_session(shop.id) as session:
        return int(session.scalar(select(func.count()).select_from(model)) or 0)


def warnings(shop: Shop) -> list[dict[str, str]]:
    """What the mails to the store say."""
    with platform_session(reason="test", actor="tests") as session:
        query = select(AccountMail).where(AccountMail.template == "plan_limit_near").order_by(AccountMail.created_at)
        return [mail.details for mail in session.scalars(query) if mail.recipient == f"{shop.slug}@example.com"]


def limited(plan: str | None = "free", **used: Any) -> Shop:
    """A store of a plan that has an address of its own."""
    slug = f"limited-{new_id()}"
    return make_shop(plan, used, slug=slug, email=f"{slug}@example.com")
