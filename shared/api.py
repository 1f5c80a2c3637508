"""The edge that every HTTP function shares: Powertools' resolver, problem details, validators for caches."""

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoRouteError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from shared.auth import PUBLIC, Access, Principal, access_of, admit, not_signed_in, principal_of
from shared.errors import (
    FieldError,
    InvalidError,
    MalformedError,
    MediaTypeError,
    MovedError,
    NotFoundError,
    ProblemError,
    invalid,
)
from shared.problems import MEDIA_TYPE, problem_body, problem_headers, problem_response

F = TypeVar("F", bound=Callable[..., Any])
Check = Callable[[Any], Iterable[FieldError]]
_JSON = ("application/json",)
_FILE = {"schema": {"type": "string", "format": "binary"}}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Written out in JSON, and not as the end of an escaped backslash.
_NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ROUTE = inspect.signature(APIGatewayHttpResolver.route)
_event: ContextVar["HttpEvent"] = ContextVar("http_event")
_context: ContextVar[dict[str, Any]] = ContextVar("resolver_context")


def takes(*media: str) -> Callable[[F], F]:
    """Let a route's body be of these media types instead of JSON; the route reads it as it came."""

    def declare(route: F) -> F:
        route.media = media  # type: ignore[attr-defined]
        return route

    return declare


def gives(media: str) -> Callable[[F], F]:
    """Let a route answer bytes of this media type, in a Response, instead of JSON."""

    def declare(route: F) -> F:
        route.gives = media  # type: ignore[attr-defined]
        return route

    return declare


class HttpEvent(APIGatewayProxyEventV2):
    """A payload 2.0 event whose query is read from the raw string: a comma inside a value stays one value."""

    @property
    def resolved_query_string_parameters(self) -> dict[str, list[str]]:
        """Each parameter with its values in order."""
        return parse_qs(self.raw_query_string or "", keep_blank_values=True)

    @cached_property
    def json_body(self) -> Any:
        """The body. Raises JSONDecodeError for all that is no JSON, MalformedError for what no database can store."""
        try:
            written = self.decoded_body or ""
            found = json.loads(written) if written else None
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError("no JSON", "", 0) from error
        if _NUL.search(written):
            raise MalformedError("nul_character", "The body contains a NUL character; remove it.")
        return found


class HttpApi(APIGatewayHttpResolver):
    """Powertools' resolver for HTTP APIs, safe for threads, answering errors as problem details.

    The stock one keeps the event of the moment on its class. Lambda calls a process once at a time; the local gateway
    and the tests do not. `cache_control`, when given, goes on every successful GET, with an ETag of the body.
    Each route says who may call it (shared/auth.py), unless the whole API is `public`.
    """

    def __init__(self, *, cache_control: str | None = None, public: bool = False) -> None:
        super().__init__(enable_validation=True)
        self._cache_control, self._public = cache_control, public
        self._access: dict[Any, Access] = {}
        self._checks: dict[Any, Check] = {}
        self._routes_ready, self._preparing = False, Lock()
        self.exception_handler(ProblemError)(self._problem)
        self.exception_handler(RequestValidationError)(lambda error: self._problem(self._invalid(error)))
        self.exception_handler(MovedError)(
            lambda moved: Response(301, body="", headers={"Location": moved.location, "Cache-Control": "no-cache"})
        )
        self.exception_handler(NoRouteError)(
            lambda _: self._problem(NotFoundError("route_not_found", "There is no such path; see /v1/docs."))
        )

    @property
    def is_cacheable(self) -> bool:
        """Whether successful GETs carry validators, so that they may be answered 304."""
        return self._cache_control is not None

    @property
    def principal(self) -> Principal:
        """Who calls. Raises NotSignedInError when nobody knows."""
        found = principal_of(self.event)
        if found is None:
            raise not_signed_in()
        return found

    @property
    def event(self) -> dict[str, Any]:
        """The event that this thread answers, as it came."""
        return self.current_event.raw_event

    @property
    def current_event(self) -> HttpEvent:  # type: ignore[override]
        """The event that this thread answers."""
        return _event.get()

    @property
    def context(self) -> dict[str, Any]:
        """What the layers of this thread's request tell each other."""
        found = _context.get(None)
        if found is None:
            _context.set(found := {})
        return found

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        _context.set(value)

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer an API Gateway event of payload 2.0."""
        if not self._routes_ready:
            self._prepare()
        try:
            _refuse_broken_url(event)
        except MalformedError as error:
            return problem_response(error, event)
        response = super().resolve(event, context)
        if response["statusCode"] == 204:
            response["headers"].pop("Content-Type", None)
            response["body"] = ""
        return self._validated(event, response)

    def route(self, rule: str, method: Any, *args: Any, **options: Any) -> Callable[[F], F]:
        """Register a route. Raises TypeError when it does not say who may call it."""

        def register(route: F) -> F:
            access = access_of(route) or (PUBLIC if self._public else None)
            if access is None:
                raise TypeError(f"{method} {rule} must say who may call it: @requires, @signed_in or @public")
            self._access[route] = access
            described: dict[str, Any] = {"security": [{"bearer": []}]} if access.signed_in else {}
            extensions = {"x-permission": access.permission, "x-media": getattr(route, "media", None)}
            if told := {name: value for name, value in extensions.items() if value}:
                described["openapi_extensions"] = told
            if file := getattr(route, "gives", None):
                described["responses"] = {200: {"description": "The file.", "content": {file: _FILE}}}
            given = _ROUTE.bind(self, rule, method, *args, **options)
            given.arguments |= described
            register_it: Callable[[F], F] = APIGatewayHttpResolver.route(*given.args, **given.kwargs)
            return register_it(route)

        return register

    def checked_by(self, check: Check) -> Callable[[F], F]:
        """Let a route's body be checked beyond its schema even where that has failed: one answer names everything.

        The check is given the body as it came, and must take nothing for granted.
        """

        def register(route: F) -> F:
            self._checks[route] = check
            return route

        return register

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[Any]:
        # What is not registered is Powertools' own answer to an unknown path.
        access = self._access.get(route.func, PUBLIC)
        try:
            admit(access, principal_of(self.current_event.raw_event))
            _refuse_other_media(self.current_event, getattr(route.func, "media", _JSON))
        except ProblemError as error:
            refused = self._call_exception_handler(error, route)
            assert refused is not None  # noqa: S101 - ProblemError has its handler
            return refused
        return super()._call_route(route, route_arguments)

    def _to_proxy_event(self, event: dict[str, Any]) -> HttpEvent:
        made = HttpEvent(event)
        _event.set(made)
        return made

    def _prepare(self) -> None:
        with self._preparing:
            for route in self._static_routes + self._dynamic_routes:
                if hasattr(route.func, "gives"):
                    # Or the bytes would be taken for text and written as JSON.
                    route.dependant.return_param = None
                if not route._middleware_stack_built:
                    route._build_middleware_stack(router_middlewares=self._router_middlewares, app=self)
            self._routes_ready = True

    def _invalid(self, error: RequestValidationError) -> ProblemError:
        """What is wrong with a request: by the schema, and by what its route checks beyond it."""
        check = self._checks.get(self.context["_route"].func)
        found = _as_problem(error)
        if check is not None and isinstance(found, InvalidError):
            found = invalid([*found.errors, *check(self.current_event.json_body)])
        return found

    def _problem(self, error: ProblemError) -> Response[Any]:
        body = json.dumps(problem_body(error, self.current_event.raw_event))
        headers: dict[str, str | list[str]] = {**problem_headers(error)}
        return Response(error.status, content_type=MEDIA_TYPE, body=body, headers=headers)

    def _validated(self, event: Mapping[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        """Add validators to a cacheable answer, and answer 304 to a client that has it already."""
        method = event["requestContext"]["http"]["method"]
        if self._cache_control is None or method != "GET" or response["statusCode"] != 200:
            return response
        etag = f'"{hashlib.sha256(response["body"].encode()).hexdigest()[:32]}"'
        # Two stores share a host when they are told apart by X-Store.
        fresh = {"ETag": etag, "Cache-Control": self._cache_control, "Vary": "X-Store"}
        if not _known(event).isdisjoint({etag, "*"}):
            return {"statusCode": 304, "headers": fresh, "body": "", "isBase64Encoded": False}
        return response | {"headers": response["headers"] | fresh}


def _known(event: Mapping[str, Any]) -> set[str]:
    """The ETags a client already has, `*` for any; a weak one does as well."""
    header = event.get("headers", {}).get("if-none-match", "")
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _refuse_other_media(event: HttpEvent, taken: tuple[str, ...]) -> None:
    given = event.headers.get("content-type", taken[0]).partition(";")[0].strip().lower()
    if not event.body or given in taken:
        return
    if taken == _JSON:
        raise MediaTypeError("json_expected", "Send JSON, and say so: `Content-Type: application/json`.")
    raise MediaTypeError("other_media_expected", f"Send {' or '.join(taken)}, and say so in `Content-Type`.")


def _refuse_broken_url(event: Mapping[str, Any]) -> None:
    """PostgreSQL cannot store U+0000 nor half a surrogate pair, and nothing that people type contains them."""
    path, query = event.get("rawPath", ""), event.get("rawQueryString", "")
    if any("\x00" in part or "%00" in part for part in (path, query)):
        raise MalformedError("nul_character", "The URL contains a NUL character; remove it.")
    # A route's pattern ends in `$`, which would let a line break pass.
    if _CONTROL.search(unquote(path)):
        raise MalformedError("control_character", "The path contains a control character; remove it.")
    if _SURROGATE.search(path + query):
        raise MalformedError("malformed_url", "The URL is not valid UTF-8.")


def _as_problem(error: RequestValidationError) -> ProblemError:
    found = list(error.errors())
    if any(item["type"] == "json_invalid" for item in found):
        return MalformedError("malformed_json", "The body is not valid JSON.")
    return invalid([FieldError(loc=list(item["loc"]), message=item["msg"]) for item in found])
