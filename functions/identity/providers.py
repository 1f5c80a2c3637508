"""The OpenID Connect providers: what the secret says of each, and what each says of itself.

Imported by the routes that talk to a provider, when they do: what it imports would slow down every cold start.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlsplit

import requests
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.errors import NotFoundError, UnavailableError
from shared.models.base import now
from shared.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger(__name__)
T = TypeVar("T")

TIMEOUT = (2.0, 3.0)
"""Seconds to connect, and to wait for an answer: three calls in a row must fit into the function's 15."""
_SECRET_AGE, _DISCOVERY_AGE = timedelta(minutes=5), timedelta(hours=1)
_THIS_MACHINE = {"127.0.0.1", "localhost"}


def _encrypted(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    ):
        raise ValueError("must be an https:// URL")
    return url


def _with_openid(scope: str) -> str:
    if "openid" not in scope.split():
        raise ValueError("must contain openid")
    return scope


Url = Annotated[str, AfterValidator(_encrypted)]


class Provider(BaseModel):
    """A provider as the secret describes it."""

    # An error would quote the secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    issuer: Url
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Annotated[SecretStr, Field(min_length=1)]
    redirect_uri: Url
    scope: Annotated[str, AfterValidator(_with_openid)] = "openid email profile"


class Metadata(BaseModel):
    """What a provider's discovery document says, as far as it matters here."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    userinfo_endpoint: Url | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    @property
    def auth_method(self) -> str:
        """How to show the token endpoint who we are."""
        is_basic = "client_secret_basic" in self.token_endpoint_auth_methods_supported
        return "client_secret_basic" if is_basic else "client_secret_post"


def find_provider(name: str) -> Provider:
    """The provider with this name.

    Raises NotFoundError when the secret has none, UnavailableError when the secret or its entry cannot be read.
    """
    found = _configured().get(name)
    if found is None:
        raise NotFoundError("provider_not_found", "There is no such sign-in provider.")
    try:
        return Provider.model_validate({**found, "name": name})
    except (ValidationError, TypeError) as error:
        raise unavailable(name, error) from error


def metadata_of(provider: Provider) -> Metadata:
    """What a provider says of itself, not older than an hour. Raises UnavailableError when it cannot be asked."""
    with reaching(provider):
        return _kept(f"discovery:{provider.issuer}", _DISCOVERY_AGE, lambda: _discover(provider.issuer))


def keys_of(provider: Provider, *, anew: bool = False) -> KeySet:
    """The keys that a provider signs with, not older than an hour, or `anew`. Raises as `metadata_of`."""
    url = metadata_of(provider).jwks_uri
    with reaching(provider):
        age = timedelta(0) if anew else _DISCOVERY_AGE
        return _kept(f"keys:{url}", age, lambda: KeySet.import_key_set(fetch(url)))


def fetch(url: str, headers: Mapping[str, str] | None = None) -> Any:
    """The JSON at a URL. Raises requests' RequestException, which a body that is no JSON raises too."""
    answer = requests.get(
        url, headers={"Accept": "application/json", **(headers or {})}, timeout=TIMEOUT, allow_redirects=False
    )
    if answer.status_code != 200:
        raise requests.HTTPError(f"answered {answer.status_code}")
    return answer.json()


@contextmanager
def reaching(provider: Provider) -> Iterator[None]:
    """Talk to a provider: one that cannot be reached, or talks nonsense, raises UnavailableError."""
    try:
        yield
    except (requests.RequestException, JoseError, ValueError, TypeError, KeyError) as error:
        raise unavailable(provider.name, error) from error


def unavailable(name: str, cause: Exception) -> UnavailableError:
    """What a caller is told of a provider that does not work. The log holds the kind of cause, and no secret."""
    fields = [".".join(map(str, item["loc"])) for item in cause.errors()] if isinstance(cause, ValidationError) else []
    log.warning(
        "a sign-in provider does not work",
        extra={"provider": name, "cause": type(cause).__name__, "fields": fields},
    )
    return UnavailableError(
        "provider_unavailable", "The sign-in provider does not work at the moment; try again later.", retry_after=30
    )


def _discover(issuer: str) -> Metadata:
    found = Metadata.model_validate(fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
    if found.issuer != issuer:
        raise ValueError("the discovery document is another issuer's")
    return found


def _configured() -> Mapping[str, Any]:
    secret_id = settings().oauth_secret_id
    return _kept(f"secret:{secret_id}", _SECRET_AGE, lambda: _read_secret(secret_id)) if secret_id else {}


def _read_secret(secret_id: str) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as _secrets

    try:
        found = json.loads(_secrets().get_secret_value(SecretId=secret_id)["SecretString"])
        if not isinstance(found, dict):
            raise TypeError("the secret is no JSON object")
        return found
    except (BotoCoreError, ClientError, ValueError, TypeError, KeyError) as error:
        raise unavailable("all", error) from error


_cache: dict[str, tuple[float, Any]] = {}


def _kept(key: str, age: timedelta, read: Callable[[], T]) -> T:
    """What was read before, unless it is of this age. A failure is not kept."""
    moment = now().timestamp()
    found = _cache.get(key)
    if found is None or moment - found[0] >= age.total_seconds():
        found = _cache[key] = (moment, read())
    value: T = found[1]
    return value


@cache
def _secrets() -> "SecretsManagerClient":
    import boto3  # noqa: PLC0415 - costs a third of a second, and the secret may be known already
    from botocore.config import Config  # noqa: PLC0415

    patience = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2})
    return boto3.client("secretsmanager", config=patience)
