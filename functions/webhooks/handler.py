"""Where connected shops tell us what has changed: verify, keep, queue, and answer at once.

Whatever a signed body holds, it is kept and answered 200: a shop that hears of errors stops sending.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from functions.webhooks import inbox, shopify, signatures, woocommerce
from functions.webhooks.deliveries import host_of
from shared.api import HttpApi, takes
from shared.auth import public
from shared.errors import NoSuchStoreError, NotFoundError
from shared.integrations import webhook_secrets_of
from shared.models.enums import ExternalPlatform
from shared.tenancy import current_session, entered_integration, integration_session, tenant_isolated
from shared.tenant_session import TenantSession

app = HttpApi()
TAGS = ["webhooks"]
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
Integration = Annotated[str, Path(max_length=40, description="The integration that the webhook was registered for.")]


class DeliveryTaken(BaseModel):
    """The delivery is kept, or was before."""

    received: bool = True


@app.post("/v1/webhooks/woocommerce/<integration_id>", tags=TAGS)
@public
@takes(JSON, FORM)
def receive_from_woocommerce(integration_id: Integration) -> DeliveryTaken:
    """Take a delivery of WooCommerce's, signed with the secret that the webhook was registered with."""
    if woocommerce.is_ping(app.event):
        return DeliveryTaken()
    body, headers = signatures.raw_body(app.event), app.event["headers"]
    session = current_session()
    of = _entered(session, ExternalPlatform.WOOCOMMERCE)
    secrets = map(signatures.entities_decoded, webhook_secrets_of(str(session.store_id), of))
    signatures.check(body, headers.get(woocommerce.SIGNATURE), secrets)
    inbox.keep(session, woocommerce.read(headers, body, _names_of(of)))
    return DeliveryTaken()


@app.post("/v1/webhooks/shopify/<integration_id>", tags=TAGS)
@public
@takes(JSON)
def receive_from_shopify(integration_id: Integration) -> DeliveryTaken:
    """Take a delivery of Shopify's, signed with the app's client secret: data, privacy requests, uninstallation."""
    body, headers = signatures.raw_body(app.event), app.event["headers"]
    session = current_session()
    of = _entered(session, ExternalPlatform.SHOPIFY)
    signatures.check(body, headers.get(shopify.SIGNATURE), webhook_secrets_of(str(session.store_id), of))
    inbox.keep(session, shopify.read(headers, body, _names_of(of), of.external_shop_id))
    return DeliveryTaken()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    # A ping comes while a shop is being connected, when nobody can find the integration yet. It changes nothing.
    return app.resolve(event, context) if woocommerce.is_ping(event) else _taken(event, context)


@contextmanager
def open_delivery(event: Mapping[str, Any]) -> Iterator[TenantSession]:
    """The session of the integration in the path. Raises NotFoundError when there is none, TooLargeError."""
    signatures.raw_body(event)
    with ExitStack() as stack:
        try:
            session = stack.enter_context(integration_session(str(event["rawPath"]).rpartition("/")[2]))
        except NoSuchStoreError as error:
            raise _unknown() from error
        yield session


@tenant_isolated(open_delivery)
def _taken(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)


def _entered(session: TenantSession, platform: ExternalPlatform) -> Any:
    of = entered_integration(session)
    if of.platform != platform:
        raise _unknown()
    return of


def _names_of(of: Any) -> set[str]:
    """How a shop may call itself: by the name it had when it was connected, or by its address."""
    return {host for address in (of.external_shop, of.api_url) if (host := host_of(address or ""))}


def _unknown() -> NotFoundError:
    return NotFoundError("integration_not_found", "There is no such integration, or it was disconnected.")
