"""A store's connection to a shop elsewhere: its keys, what its deliveries are signed with, and how it fares.

Keys are KMS ciphertext whose context is the store. They are decrypted once a minute at most in a process: a ciphertext
is never another's, so what is replaced is seen at once, and what was withdrawn is forgotten within the minute.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from sqlalchemy import select, update

from shared.encryption import decrypt, encrypt
from shared.errors import ConflictError, NotFoundError
from shared.models import ExternalPlatformIntegration
from shared.models.base import now
from shared.models.enums import ExternalPlatform, SyncStatus
from shared.tenant_session import TenantSession

WIPED = ""
"""What a key's column holds once the shop was disconnected."""
PREVIOUS_SECRET_GOOD_FOR = timedelta(days=7)
"""How long deliveries may still be signed with the secret before: Shopify does so until it is revoked there."""

_REMEMBERED_SECONDS = 60
_MOST_REMEMBERED = 500
_NOTED_EVERY = timedelta(seconds=10)
_remembered: dict[tuple[str, str], tuple[float, str]] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call to a shop is made with.

    `key` is WooCommerce's consumer key, or Shopify's access token; `secret` WooCommerce's consumer secret, or empty.
    `api_url` has no slash at the end.
    """

    platform: ExternalPlatform
    api_url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    plain_permalinks: bool = False
    """Of a WordPress site: it has no `/wp-json`."""


class Signed(Protocol):
    """The columns of an integration that its deliveries are verified with."""

    webhook_secret: str | None
    previous_webhook_secret: str | None
    secret_rotated_at: datetime | None


def integration_of(session: TenantSession, integration_id: str, *, lock: bool = False) -> ExternalPlatformIntegration:
    """A connection of the store, also one that has ended. Raises NotFoundError."""
    query = select(ExternalPlatformIntegration).where(ExternalPlatformIntegration.id == integration_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("integration_not_found", "There is no such integration.")
    return row


def connected(session: TenantSession, integration_id: str, *, lock: bool = False) -> ExternalPlatformIntegration:
    """As `integration_of`. Raises ConflictError too, once it was disconnected."""
    row = integration_of(session, integration_id, lock=lock)
    if row.disconnected_at is not None:
        raise ConflictError("disconnected", "This shop was disconnected; connect it again with POST /v1/integrations.")
    return row


def credentials_of(session: TenantSession, integration: ExternalPlatformIntegration) -> Credentials:
    """The keys to a shop. Raises ConflictError once it was disconnected, ClientError of KMS for a wrong ciphertext."""
    if integration.disconnected_at is not None or not integration.api_key:
        raise ConflictError("disconnected", "This shop was disconnected; connect it again with POST /v1/integrations.")
    store_id = str(session.store_id)
    secret = read_secret(store_id, integration.api_secret) if integration.api_secret else ""
    key = read_secret(store_id, integration.api_key)
    plain = bool(integration.platform_settings.get("plain_permalinks"))
    return Credentials(integration.platform, integration.api_url.rstrip("/"), key, secret, plain)


def webhook_secrets_of(store_id: str, of: Signed) -> list[str]:
    """What deliveries may be signed with: the secret of now and, for a while, the one before."""
    secrets = [of.webhook_secret]
    rotated = of.secret_rotated_at
    if rotated is not None and rotated + PREVIOUS_SECRET_GOOD_FOR > now():
        secrets.append(of.previous_webhook_secret)
    return [read_secret(store_id, secret) for secret in secrets if secret]


def store_secret(session: TenantSession, secret: str) -> str:
    """The ciphertext of a secret of the session's store."""
    return encrypt(secret, store=str(session.store_id))


def read_secret(store_id: str, ciphertext: str) -> str:
    """The secret in a ciphertext of a store's, asked of KMS once a minute. Raises botocore's ClientError."""
    key, moment = (store_id, ciphertext), time.monotonic()
    found = _remembered.get(key)
    if found is not None and found[0] > moment:
        return found[1]
    secret = decrypt(ciphertext, store=store_id)
    with _lock:
        for old in [old for old, (until, _) in _remembered.items() if until <= moment]:
            del _remembered[old]
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = moment + _REMEMBERED_SECONDS, secret
    return secret


def forget_secrets() -> None:
    """Forget what was decrypted."""
    with _lock:
        _remembered.clear()


def note_error(session: TenantSession, integration_id: str, error: str) -> None:
    """Keep what went wrong with a shop, for those who look after it. No key or personal data in the text, please.

    The row's version stays: nobody has edited it.
    """
    moment = now()
    values = {"sync_status": SyncStatus.ERROR, "last_error": error[:1000], "last_error_at": moment}
    _note(session, integration_id, values, moment)


def note_success(session: TenantSession, integration_id: str) -> None:
    """Keep that a shop was heard or reached; the error before stays to be read, but is over.

    Written every few seconds at most: in a burst each change would wait for the row that the one before has locked.
    """
    moment = now()
    row = ExternalPlatformIntegration
    stale = row.last_sync_at.is_(None) | (row.last_sync_at < moment - _NOTED_EVERY) | (row.sync_status != _IDLE)
    _note(session, integration_id, {"sync_status": _IDLE, "last_sync_at": moment}, moment, stale)


_IDLE = SyncStatus.IDLE


def _note(
    session: TenantSession, integration_id: str, values: dict[str, object], moment: datetime, *when: object
) -> None:
    row = ExternalPlatformIntegration
    statement = update(row).where(row.id == integration_id, row.disconnected_at.is_(None), *when)  # type: ignore[arg-type]
    session.execute(statement.values(**values, updated_at=moment).execution_options(synchronize_session=False))
