"""OpenID Connect, authorization code flow with PKCE: where to send the browser, and what comes of the code it brings.

Nothing is kept between the two. What ties them together is worked out from `flow`, a secret of the client's device:
`state` shows that the browser comes back to where it left, `nonce` that the ID token is an answer to this question, and
the PKCE verifier that the code is. Imported as `providers`.
"""

import base64
import hashlib
import hmac
import logging
import re
import secrets
from typing import Any, Literal, NamedTuple, NoReturn

from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from authlib.oidc.core.claims import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry
from pydantic import TypeAdapter, ValidationError

from functions.identity import providers
from functions.identity.providers import Metadata, Provider
from shared.errors import NotSignedInError
from shared.models.base import now
from shared.wire_types import Email

log = logging.getLogger(__name__)

# Never "none", and never a secret shared with the provider: who knows a public key could sign with it.
_REGISTRY = JWSRegistry(
    algorithms=[f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)],
    strict_check_header=False,
)
_LEEWAY = 60
"""Seconds that the provider's clock may be off."""
_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_REASONS = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "access_denied"}


class Identity(NamedTuple):
    """Somebody, as a provider knows them. There is an e-mail address only if the provider has verified it."""

    provider: str
    subject: str
    email: str | None
    name: str | None


def new_flow() -> str:
    """A secret for one sign-in: 256 random bits."""
    return secrets.token_urlsafe(32)


def authorization_url(provider: Provider, flow: str) -> str:
    """Where the browser goes to sign in. Raises UnavailableError."""
    metadata = providers.metadata_of(provider)
    with _client(provider, metadata) as client:
        url, _state = client.create_authorization_url(
            metadata.authorization_endpoint,
            state=_derived("state", provider, flow),
            nonce=_derived("nonce", provider, flow),
            code_verifier=_derived("verifier", provider, flow),
        )
    return str(url)


def identify(provider: Provider, flow: str, state: str, code: str) -> Identity:
    """Who has signed in at a provider.

    Raises NotSignedInError when the flow is another one or the provider does not vouch for anybody, UnavailableError
    when it cannot be asked.
    """
    if not hmac.compare_digest(state.encode(), _derived("state", provider, flow).encode()):
        raise NotSignedInError("state_mismatch", "This sign-in began on another device or page; begin again.")
    metadata = providers.metadata_of(provider)
    tokens = _exchange(provider, metadata, flow, code)
    claims = _verified(provider, flow, tokens)
    if "email" not in claims and metadata.userinfo_endpoint:
        claims = _userinfo(provider, metadata.userinfo_endpoint, tokens, claims["sub"]) | claims
    return _identity(provider, claims)


def _derived(purpose: Literal["state", "nonce", "verifier"], provider: Provider, flow: str) -> str:
    digest = hmac.digest(flow.encode(), f"oauth:{purpose}:{provider.name}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _client(provider: Provider, metadata: Metadata) -> OAuth2Session:
    return OAuth2Session(
        provider.client_id,
        provider.client_secret.get_secret_value(),
        token_endpoint_auth_method=metadata.auth_method,
        scope=provider.scope,
        redirect_uri=provider.redirect_uri,
        code_challenge_method="S256",
    )


def _exchange(provider: Provider, metadata: Metadata, flow: str, code: str) -> dict[str, Any]:
    """The tokens for a code. A refusal is JSON that says so (RFC 6749, 5.2); anything else is a fault."""
    try:
        with providers.reaching(provider), _client(provider, metadata) as client:
            found: dict[str, Any] = client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=_derived("verifier", provider, flow),
                timeout=providers.TIMEOUT,
                allow_redirects=False,  # or code and secret would go wherever the answer says
            )
            return found
    except AuthlibBaseError as error:
        _refuse(provider, next((known for known in _REASONS if known == error.error), "another error"))


def _verified(provider: Provider, flow: str, tokens: dict[str, Any]) -> dict[str, Any]:
    """The claims of the ID token: signed by the provider, for us, now, and in answer to this flow."""
    asked = {
        "nonce": _derived("nonce", provider, flow),
        "client_id": provider.client_id,
        "access_token": tokens.get("access_token"),
    }
    expected = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "sub": {"essential": True},
    }
    try:
        token = _decoded(provider, tokens["id_token"])
        claims = CodeIDToken(token.claims, token.header, expected, asked)
        claims.validate(int(now().timestamp()), _LEEWAY)
        return dict(claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        _refuse(provider, f"its ID token: {type(error).__name__}")


def _decoded(provider: Provider, id_token: str) -> jwt.Token:
    try:
        return jwt.decode(id_token, providers.keys_of(provider), registry=_REGISTRY)
    except (InvalidKeyIdError, BadSignatureError):
        # Providers change their keys; those that we have kept may be older than the token.
        return jwt.decode(id_token, providers.keys_of(provider, anew=True), registry=_REGISTRY)


def _userinfo(provider: Provider, url: str, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
    """What the provider tells of the user only when asked: the standard lets it leave the address out of ID tokens."""
    with providers.reaching(provider):
        found = dict(providers.fetch(url, {"Authorization": f"Bearer {tokens['access_token']}"}))
    if found.get("sub") != subject:
        _refuse(provider, "userinfo of somebody else")
    return found


def _identity(provider: Provider, claims: dict[str, Any]) -> Identity:
    if not _SUBJECT.fullmatch(claims["sub"]):
        _refuse(provider, "a subject that is none")
    email = None
    if claims.get("email_verified") is True:
        try:
            email = _EMAIL.validate_python(claims.get("email"))
        except ValidationError:
            log.info("a provider gave an address that is none", extra={"provider": provider.name})
    return Identity(provider.name, claims["sub"], email, _name(claims.get("name")))


def _name(given: Any) -> str | None:
    kept = "".join(filter(str.isprintable, given)) if isinstance(given, str) else ""
    return kept.strip()[:200].rstrip() or None


def _refuse(provider: Provider, reason: str) -> NoReturn:
    log.warning("a provider has refused a sign-in", extra={"provider": provider.name, "reason": reason})
    raise NotSignedInError("provider_refused", "The provider did not confirm this sign-in; begin again.")
