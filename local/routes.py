"""The routes of the HTTP API as template.yaml declares them, each with the authorizer that guards it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloudformation import Intrinsic, TemplateError, mapping, of_type, shown

DEFAULT_ROUTE = "$default"
ANY_METHOD = "X-AMAZON-APIGATEWAY-ANY-METHOD"
_PATH = re.compile(r"/|(/([^{}<>/]+|\{[^{}<>/+]+\}))*(/\{[^{}<>/+]+\+\})?")


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer: the function's name, the headers that identify a caller, and for how long it is believed."""

    name: str
    function: str
    headers: tuple[str, ...]
    ttl: int


@dataclass(frozen=True)
class Route:
    """One route of the HTTP API; the catch-all has the path `$default`."""

    method: str
    path: str
    authorizer: Authorizer | None = None

    @property
    def key(self) -> str:
        """The route as API Gateway writes it: `GET /v1/products/{id}`, or `$default`."""
        return DEFAULT_ROUTE if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Api:
    """What an HTTP API says of authorizers."""

    authorizers: Mapping[str, Authorizer]
    default: str | None


def read_api(name: str, properties: Mapping[str, Any]) -> Api:
    """The authorizers of an HTTP API. Raises TemplateError for what the laptop does not speak."""
    auth = mapping(properties.get("Auth"), f"{name}.Auth")
    declared = mapping(auth.get("Authorizers"), f"{name}.Auth.Authorizers")
    authorizers = {each: _declared(each, f"{name}.{each}", value) for each, value in declared.items()}
    return Api(authorizers, auth.get("DefaultAuthorizer"))


def read_routes(function: str, events: Mapping[str, Any], apis: Mapping[str, Api]) -> Iterator[Route]:
    """The routes among a function's events. Raises TemplateError."""
    for event, properties in of_type("HttpApi", events, f"{function}.").items():
        yield _route(f"{function}.{event}", properties, apis)


def _declared(name: str, where: str, value: Any) -> Authorizer:
    properties = mapping(value, where)
    function = properties.get("FunctionArn")
    if not isinstance(function, Intrinsic) or not function.argument.endswith((".Arn", ".Alias")):
        raise TemplateError(
            f"{where}: FunctionArn must be `!GetAtt Name.Arn` or `!Ref Name.Alias`, found {shown(function)}"
        )
    if str(properties.get("AuthorizerPayloadFormatVersion")) != "2.0":
        raise TemplateError(f"{where}: only AuthorizerPayloadFormatVersion 2.0 is spoken here")
    if properties.get("EnableSimpleResponses") is not True:
        raise TemplateError(f"{where}: only EnableSimpleResponses: true is spoken here")
    return _identified(name, where, function.resource, mapping(properties.get("Identity"), f"{where}.Identity"))


def _identified(name: str, where: str, function: str, identity: Mapping[str, Any]) -> Authorizer:
    if unknown := identity.keys() - {"Headers", "ReauthorizeEvery"}:
        raise TemplateError(f"{where}: only headers identify a caller here, not {', '.join(sorted(unknown))}")
    # API Gateway's own default.
    ttl = identity.get("ReauthorizeEvery", 300)
    if not isinstance(ttl, int):
        raise TemplateError(f"{where}: ReauthorizeEvery must be a whole number written out, found {shown(ttl)}")
    return Authorizer(name, function, tuple(header.lower() for header in identity.get("Headers") or ()), ttl)


def _route(where: str, properties: Mapping[str, Any], apis: Mapping[str, Api]) -> Route:
    method, path = properties.get("Method"), properties.get("Path")
    authorizer = _guard(where, properties, apis)
    if str(properties.get("PayloadFormatVersion", "2.0")) != "2.0":
        raise TemplateError(f"{where}: only payload format 2.0 is spoken here")
    if method is None and path in (None, DEFAULT_ROUTE):
        return Route("ANY", DEFAULT_ROUTE, authorizer)
    if not isinstance(method, str) or not isinstance(path, str):
        raise TemplateError(f"{where}: Path and Method must both be written out")
    if not path or not _PATH.fullmatch(path):
        raise TemplateError(
            f"{where}: Path {path!r} must begin with a slash, end without one, "
            "and hold variables only as a whole segment {name}, or {name+} at the end"
        )
    verb = method.upper()
    return Route("ANY" if verb == ANY_METHOD else verb, path, authorizer)


def _guard(where: str, properties: Mapping[str, Any], apis: Mapping[str, Api]) -> Authorizer | None:
    api_id = properties.get("ApiId")
    api = apis.get(api_id.resource if isinstance(api_id, Intrinsic) else "", Api({}, None))
    name = mapping(properties.get("Auth"), f"{where}.Auth").get("Authorizer", api.default)
    if name in (None, "NONE"):
        return None
    if name not in api.authorizers:
        raise TemplateError(f"{where}: {shown(name)} is not an authorizer of its API")
    return api.authorizers[name]
