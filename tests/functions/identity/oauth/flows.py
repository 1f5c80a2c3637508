"""What a client does to sign in with a provider."""

from typing import Any

from tests.api import api
from tests.calls import Answer
from tests.functions.identity.oauth.provider import Claims, OidcProvider

ADA: Claims = {"sub": "ada-1", "email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"}
BOB: Claims = {"sub": "bob-2", "email": "bob@example.com", "email_verified": True, "name": "Bob"}


def start(name: str = "google", ip: str = "203.0.113.1") -> Answer:
    """The answer to who begins."""
    return api("POST", f"/v1/auth/oauth/{name}", ip=ip)


def come_back(provider: OidcProvider, person: Claims = ADA, name: str = "google", ip: str = "203.0.113.1") -> Claims:
    """What a client sends to the callback after somebody has signed in at the provider."""
    begun = start(name, ip)
    assert begun.status == 200, begun.text
    address = provider.sign_in(begun.json["authorization_url"], person)
    return {"flow": begun.json["flow"], **address}


def finish(body: Any, name: str = "google", ip: str = "203.0.113.1") -> Answer:
    """The answer to who comes back."""
    return api("POST", f"/v1/auth/oauth/{name}/callback", body, ip=ip)


def sign_in(provider: OidcProvider, person: Claims = ADA, name: str = "google", ip: str = "203.0.113.1") -> Answer:
    """The whole way, to the answer at its end."""
    return finish(come_back(provider, person, name, ip), name, ip)


def link(token: str, password: str, code: str | None = None, name: str = "google", ip: str = "203.0.113.1") -> Answer:
    """The answer to who gives the password of their account."""
    body = {"link_token": token, "password": password} | ({} if code is None else {"mfa_code": code})
    return api("POST", f"/v1/auth/oauth/{name}/link", body, ip=ip)


def go_on(token: str, code: str, name: str = "google", ip: str = "203.0.113.1") -> Answer:
    """The answer to who gives a code of their second factor."""
    return api("POST", f"/v1/auth/oauth/{name}/continue", {"continue_token": token, "mfa_code": code}, ip=ip)
