"""A provider that the function is told of by Secrets Manager."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from functions.identity import providers
from shared.settings import settings
from tests.aws import REGION
from tests.functions.identity.oauth.provider import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, OidcProvider, serving

SECRET_ID = "sign-in-providers"


@pytest.fixture
def no_providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Secrets Manager without secrets. `mailbox`, which has more of AWS, takes longer to make."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, REGION)
    with mock_aws():
        _forget()
        yield
    _forget()


@pytest.fixture
def provider(no_providers: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcProvider]:
    """A provider which the secret calls `google`, and `acme` as well."""
    with serving() as found:
        providers._secrets().create_secret(Name=SECRET_ID, SecretString="{}")
        configure({"google": entry_of(found), "acme": entry_of(found)})
        monkeypatch.setenv("OAUTH_SECRET_ID", SECRET_ID)
        settings.cache_clear()
        yield found


def entry_of(provider: OidcProvider, **given: Any) -> dict[str, Any]:
    """What the secret says of a provider."""
    usual = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return usual | {"redirect_uri": REDIRECT_URI, "scope": "openid email profile"} | given


def configure(content: Any) -> None:
    """Write the secret."""
    text = content if isinstance(content, str) else json.dumps(content)
    providers._secrets().put_secret_value(SecretId=SECRET_ID, SecretString=text)


def _forget() -> None:
    settings.cache_clear()
    providers._cache.clear()
    providers._secrets.cache_clear()
