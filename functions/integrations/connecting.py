"""Connecting a shop, testing the connection, replacing its secret, and disconnecting it.

Shops are called outside of any transaction, with no connection held: one that takes a minute to answer keeps nobody
else from the database. What they are told of is committed before.
"""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from functions.integrations import shops
from functions.integrations.runs import cancel_runs, start
from functions.integrations.schemas import IntegrationCreate, IntegrationTestRead, SecretRotation
from functions.integrations.shops import Shop
from functions.integrations.transactions import own_transaction
from shared.errors import ConflictError, FieldError, invalid
from shared.integrations import (
    WIPED,
    Credentials,
    connected,
    credentials_of,
    integration_of,
    note_error,
    note_success,
    read_secret,
    store_secret,
)
from shared.models import ExternalPlatformIntegration, Store
from shared.models.base import new_id, now
from shared.models.enums import ExternalPlatform, SyncRunKind
from shared.platforms.errors import PlatformError
from shared.platforms.webhooks import Webhooks, awake, register, unregister
from shared.public_hosts import public_url_error
from shared.settings import settings
from shared.tenancy import outside
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
_GIVEN = {
    ExternalPlatform.WOOCOMMERCE: ("consumer_key", "consumer_secret"),
    ExternalPlatform.SHOPIFY: ("access_token", "client_secret"),
}


def connect(session: TenantSession, body: IntegrationCreate, event: Mapping[str, Any]) -> str:
    """Connect a shop and begin its import. Returns the integration's id.

    Raises InvalidError when it does not answer to these keys, ConflictError when it is connected already.
    """
    credentials, secret = _given(body)
    with outside(session):
        return _connected(session, body, event, credentials, secret)


def _connected(
    session: TenantSession, body: IntegrationCreate, event: Mapping[str, Any], credentials: Credentials, secret: str
) -> str:
    try:
        shop = shops.look_at(credentials)
    except PlatformError as error:
        raise shops.refusal(error) from error
    credentials = shops.reached(credentials, shop)
    integration_id = new_id()
    row = _row(session, integration_id, body, credentials, secret, shop)
    with own_transaction(session) as inner:
        _refuse_second(inner, body.platform, shop)
        inner.add(row)
    try:
        webhooks = register(credentials, address_of(integration_id, body.platform, event), secret)
    except PlatformError as error:
        with own_transaction(session) as inner:
            inner.delete(integration_of(inner, integration_id))
        raise shops.refusal(error) from error
    with own_transaction(session) as inner:
        connected(inner, integration_id, lock=True).webhooks = webhooks
        note_success(inner, integration_id)
        start(inner, integration_id, SyncRunKind.IMPORT)
    return integration_id


def test(session: TenantSession, integration_id: str, event: Mapping[str, Any]) -> IntegrationTestRead:
    """Call a shop, and register again what it tells us no more by. Raises NotFoundError, ConflictError."""
    row = connected(session, integration_id)
    credentials = credentials_of(session, row)
    secret = read_secret(str(session.store_id), row.webhook_secret) if row.webhook_secret else ""
    address, known = address_of(row.id, row.platform, event), list(row.webhooks)
    with outside(session):
        return _tested(session, integration_id, credentials, address, secret, known)


def _tested(  # noqa: PLR0913, PLR0917 - a shop, and where and how it delivers
    session: TenantSession, integration_id: str, credentials: Credentials, address: str, secret: str, known: Webhooks
) -> IntegrationTestRead:
    before = {str(one["topic"]) for one in known}
    try:
        shop = shops.look_at(credentials)
        credentials = shops.reached(credentials, shop)
        webhooks, repaired = _repaired(credentials, address, secret, known)
    except PlatformError as error:
        refusal = shops.refusal(error)
        with own_transaction(session) as inner:
            note_error(inner, integration_id, refusal.detail)
        return IntegrationTestRead(ok=False, code=refusal.code, detail=refusal.detail)
    with own_transaction(session) as inner:
        again = connected(inner, integration_id, lock=True)
        if repaired or before != {one["topic"] for one in webhooks}:
            again.webhooks = webhooks
        again.platform_settings = again.platform_settings | shop.settings | _chosen(again)
        note_success(inner, integration_id)
    return IntegrationTestRead(ok=True, webhooks_repaired=repaired)


def rotate(session: TenantSession, integration_id: str, body: SecretRotation) -> None:
    """Replace what deliveries are signed with; the one before is good for a while, unless it shall not be.

    Both are good before the shop hears of it, so that nothing it says meanwhile is refused. Raises NotFoundError,
    ConflictError, InvalidError.
    """
    row = connected(session, integration_id)
    is_shopify = row.platform is ExternalPlatform.SHOPIFY
    if is_shopify != (body.client_secret is not None):
        message = "Give the app's new client secret." if is_shopify else "WooCommerce gets a secret made for it."
        raise invalid([FieldError(loc=["body", "client_secret"], message=message)])
    credentials, ids = credentials_of(session, row), [str(one["id"]) for one in row.webhooks]
    before = (row.webhook_secret, row.previous_webhook_secret, row.secret_rotated_at)
    secret = body.client_secret.get_secret_value() if body.client_secret else new_secret()
    with outside(session):
        kept = store_secret(session, secret)
        with own_transaction(session) as inner:
            again = connected(inner, integration_id, lock=True)
            again.previous_webhook_secret, again.webhook_secret = again.webhook_secret, kept
            again.secret_rotated_at = now()
        if not is_shopify:
            _tell(session, integration_id, credentials, ids, secret, before)
        if not body.keep_previous:
            with own_transaction(session) as inner:
                connected(inner, integration_id, lock=True).previous_webhook_secret = None


def disconnect(session: TenantSession, integration_id: str) -> None:
    """End a connection: webhooks are taken off, keys are wiped, links and the queue stay. Raises NotFoundError.

    A shop that cannot be reached keeps its webhooks, which are answered 404 from now on.
    """
    row = connected(session, integration_id)
    credentials, webhooks = credentials_of(session, row), list(row.webhooks)
    with outside(session):
        try:
            unregister(credentials, webhooks)
        except PlatformError as error:
            log.warning("webhooks were left", extra={"integration_id": integration_id, "code": error.code})
        with own_transaction(session) as inner:
            again = connected(inner, integration_id, lock=True)
            again.api_key, again.api_secret = WIPED, None
            again.webhook_secret = again.previous_webhook_secret = None
            again.webhooks, again.is_active, again.disconnected_at = [], False, now()
            cancel_runs(inner, integration_id)


def address_of(integration_id: str, platform: ExternalPlatform, event: Mapping[str, Any]) -> str:
    """Where a shop's deliveries go: to where this request came in, unless the settings say where."""
    base = settings().webhook_url or f"https://{event['requestContext']['domainName']}"
    return f"{base}/v1/webhooks/{platform.value.lower()}/{integration_id}"


def new_secret() -> str:
    """A secret that no system escapes."""
    return secrets.token_urlsafe(32)


def _given(body: IntegrationCreate) -> tuple[Credentials, str]:
    """The keys of a new connection, and what its deliveries are signed with. Raises InvalidError."""
    wanted = _GIVEN[body.platform]
    given: dict[str, SecretStr | None] = {name: getattr(body.credentials, name) for name in wanted}
    errors = [
        FieldError(loc=["body", "credentials", name], message=f"{body.platform.value} needs it.")
        for name, value in given.items()
        if value is None
    ]
    url = str(body.api_url).rstrip("/")
    if problem := public_url_error(url) or _odd_address(body.platform, url):
        errors.append(FieldError(loc=["body", "api_url"], message=problem))
    if errors:
        raise invalid(errors)
    key, secret = (value.get_secret_value() for value in given.values() if value is not None)
    if body.platform is ExternalPlatform.SHOPIFY:
        return Credentials(body.platform, url, key, ""), secret
    return Credentials(body.platform, url, key, secret), new_secret()


def _odd_address(platform: ExternalPlatform, url: str) -> str | None:
    if platform is not ExternalPlatform.SHOPIFY or settings().allow_private_shops or url.endswith(".myshopify.com"):
        return None
    return "Give the shop's address at Shopify: https://<shop>.myshopify.com."


def _refuse_second(session: TenantSession, platform: ExternalPlatform, shop: Shop) -> None:
    # Whoever connects a shop of this store at the same time waits here; nobody else does.
    session.execute(select(Store.id).where(Store.id == session.store_id).with_for_update(key_share=True))
    row = ExternalPlatformIntegration
    query = select(row.id).where(row.platform == platform, row.external_shop == shop.name)
    found = session.scalar(query.where(row.disconnected_at.is_(None)))
    if found is not None:
        raise ConflictError("already_connected", "This shop is connected already.", integration_id=found)


def _row(  # noqa: PLR0913, PLR0917 - what a connection is made of
    session: TenantSession,
    integration_id: str,
    body: IntegrationCreate,
    credentials: Credentials,
    secret: str,
    shop: Shop,
) -> ExternalPlatformIntegration:
    plain = body.model_dump(mode="json", include={"entity_overrides"})
    return ExternalPlatformIntegration(
        id=integration_id,
        platform=body.platform,
        api_url=credentials.api_url,
        api_key=store_secret(session, credentials.key),
        api_secret=store_secret(session, credentials.secret) if credentials.secret else None,
        webhook_secret=store_secret(session, secret),
        sync_direction=body.sync_direction,
        entity_overrides=plain["entity_overrides"],
        conflict_resolution=body.conflict_resolution,
        external_shop=shop.name,
        platform_settings=shop.settings,
    )


def _repaired(credentials: Credentials, address: str, secret: str, known: Webhooks) -> tuple[Webhooks, list[str]]:
    """The webhooks there are, all made anew when one of those that were known is gone or asleep, and its topic."""
    there = awake(credentials, address)
    found = {one["topic"] for one in there}
    missing = sorted(str(one["topic"]) for one in known if one["topic"] not in found)
    if there and not missing:
        return there, []
    unregister(credentials, [*known, *(one for one in there if one not in known)])
    made = register(credentials, address, secret)
    return made, missing or [str(one["topic"]) for one in made]


def _chosen(row: ExternalPlatformIntegration) -> dict[str, Any]:
    """What somebody may have chosen: the place whose stock counts, and who writes to customers."""
    chosen = ("location_id", "notify_customers")
    return {name: row.platform_settings[name] for name in chosen if name in row.platform_settings}


def _tell(  # noqa: PLR0913, PLR0917 - what a rotation is made of
    session: TenantSession, integration_id: str, credentials: Credentials, ids: list[str], secret: str, before: Any
) -> None:
    from shared.platforms.woocommerce_webhooks import sign_with  # noqa: PLC0415 - brings an HTTP client

    try:
        sign_with(credentials, ids, secret)
    except PlatformError as error:
        with own_transaction(session) as inner:
            again = connected(inner, integration_id, lock=True)
            again.webhook_secret, again.previous_webhook_secret, again.secret_rotated_at = before
        raise shops.refusal(error) from error
