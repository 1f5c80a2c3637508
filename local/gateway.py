"""The HTTP API on the laptop: routes like API Gateway and calls the functions in this process."""

import re
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, Map, MapAdapter, RequestRedirect, Rule
from werkzeug.wrappers import Request, Response

from local import events
from local.authorizers import Authorize, Clock, RefusedError, authorization
from local.invocation import Invoke, Load, import_handler, invoker
from local.server import serve
from local.template import DEFAULT_ROUTE, Function, Route

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["create_app", "import_handler", "serve"]

Match = tuple[Function, Route, dict[str, str]]
Find = Callable[[str, str], Match | None]

# Werkzeug strips leading slashes and API Gateway does not: behind this prefix they are no longer leading.
_ROOT = "/api"


def create_app(
    functions: Sequence[Function],
    load: Load = import_handler,
    clock: Clock = time.monotonic,
    invoke: Invoke | None = None,
) -> "WSGIApplication":
    """The functions behind one WSGI application; each handler is loaded when it is first called.

    With `invoke` it calls them, wherever they run. `clock` tells, in seconds, how long an authorizer is believed.
    """
    find, invoke = _router(functions), invoke or invoker(load)
    authorize = authorization({function.name: function for function in functions}, invoke, clock)

    @Request.application
    def app(request: Request) -> Response:
        started = time.perf_counter()
        response = _answer(request, find, invoke, authorize)
        took = (time.perf_counter() - started) * 1000
        # No query string: it may hold personal data. One write, so that threads do not mix their lines.
        path = quote(events.request_path(request), safe="/:@!$&'()*+,;=~")
        sys.stdout.write(f"{request.method} {path} {response.status_code} {took:.0f} ms\n")
        sys.stdout.flush()
        return response

    return app


def _answer(request: Request, find: Find, invoke: Invoke, authorize: Authorize) -> Response:
    if events.header_bytes(request) > events.MAX_HEADER_BYTES:
        return events.message_response(431, "Request Header Fields Too Large")
    match = find(request.method, events.request_path(request))
    if match is None:
        return events.message_response(404, "Not Found")
    function, route, parameters = match
    now, request_id = datetime.now(UTC), str(uuid.uuid4())
    event = events.build_event(request, route.key, parameters, now=now, request_id=request_id)
    try:
        if route.authorizer:
            event["requestContext"]["authorizer"] = {"lambda": authorize(route.authorizer, event)}
        response = _respond(request, function, event, invoke)
    except RefusedError as refusal:
        response = events.message_response(refusal.status, refusal.message)
    response.headers["apigw-requestid"] = request_id
    return response


def _respond(request: Request, function: Function, event: dict[str, Any], invoke: Invoke) -> Response:
    # Lambda counts what it is sent, and base64 makes a body a third longer.
    if max(len(request.get_data()), len(event.get("body", ""))) > events.MAX_PAYLOAD_BYTES:
        return events.message_response(413, "Request Entity Too Large")
    request_id = event["requestContext"]["requestId"]
    try:
        return events.build_response(invoke(function, event, request_id))
    except (Exception, SystemExit):
        # In Lambda this goes to the function's log; the caller learns nothing.
        sys.stderr.write(f"{function.name} {request_id}\n{traceback.format_exc()}")
        return events.message_response(500, "Internal Server Error")


class _Greedy(BaseConverter):
    regex = ".+"
    part_isolating = False


def _router(functions: Sequence[Function]) -> Find:
    routes = [(function, route) for function in functions for route in function.routes]
    default = next((pair for pair in routes if pair[1].path == DEFAULT_ROUTE), None)
    full = [pair for pair in routes if pair[1].path.startswith("/") and "+}" not in pair[1].path]
    greedy = [pair for pair in routes if "+}" in pair[1].path]
    # Two maps, since API Gateway tries every full match before any {name+}; within one, literal beats variable.
    maps = [_map(full), _map(greedy)]

    def find(method: str, path: str) -> Match | None:
        found = (_match(adapter, method, path) for adapter in maps)
        return next((match for match in found if match), None) or (default and (*default, {}))

    return find


def _map(routes: list[tuple[Function, Route]]) -> MapAdapter:
    # Of rules with the same path the first wins: a named method goes before ANY.
    ordered = sorted(routes, key=lambda pair: pair[1].method == "ANY")
    rules = [_rule(function, route) for function, route in ordered]
    return Map(rules, merge_slashes=False, converters={"greedy": _Greedy}).bind("localhost")


def _rule(function: Function, route: Route) -> Rule:
    # Numbers stand in for the names, as Werkzeug allows Python names only.
    names = tuple(re.findall(r"\{([^}+]+)\+?\}", route.path))
    pattern = route.path
    for number, name in enumerate(names):
        pattern = pattern.replace(f"{{{name}+}}", f"<greedy:v{number}>").replace(f"{{{name}}}", f"<v{number}>")
    methods = None if route.method == "ANY" else [route.method]
    rule = Rule(_ROOT + pattern, methods=methods, endpoint=(function, route, names))
    if rule.methods and route.method != "HEAD":
        # Werkzeug lets GET answer HEAD; an HTTP API has no such rule.
        rule.methods.discard("HEAD")
    return rule


def _match(adapter: MapAdapter, method: str, path: str) -> Match | None:
    try:
        (function, route, names), values = adapter.match(_ROOT + path, method=method)
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return None
    return function, route, {name: values[f"v{number}"] for number, name in enumerate(names)}
