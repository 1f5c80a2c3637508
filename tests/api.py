"""The API as a client of API Gateway meets it: the authorizer first, then the function that the route belongs to."""

import importlib
import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from functions.authorizer.handler import handler as authorizer
from functions.mail.handler import handler as mailer
from local.database import ROOT
from local.template import read_functions
from tests.calls import Answer, Context, Handler, http_event

DOCUMENT = json.loads((ROOT / "functions/docs/openapi.json").read_text())
# Literal paths before those with variables.
_PATHS = [
    (path, re.sub(r"\{\w+\}", "[^/]+", path)) for path in sorted(DOCUMENT["paths"], key=lambda path: path.count("{"))
]
_HANDLERS = {
    (route.method, route.path): function.handler
    for function in read_functions(ROOT / "template.yaml")
    for route in function.routes
}


def api(
    method: str,
    url: str,
    body: Any = None,
    *,
    token: str | None = None,
    ip: str = "203.0.113.1",
    **headers: str,
) -> Answer:
    """The answer to a request. The authorizer is asked each time: no cache stands between."""
    event = http_event(method, url, {name.replace("_", "-"): value for name, value in headers.items()})
    event["requestContext"]["http"] |= {"sourceIp": ip, "userAgent": "tests/1.0"}
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        event["headers"]["content-type"] = "application/json"
    if token is not None:
        event["headers"]["authorization"] = f"Bearer {token}"
        event["requestContext"]["authorizer"] = {"lambda": principal_context(token)}
    return answer(_handler_of(method, event["rawPath"]), event)


def answer(handler: Handler, event: dict[str, Any]) -> Answer:
    """What a handler answers to an event."""
    response = handler(event, Context())
    headers = {name.lower(): value for name, value in response["headers"].items()}
    found = Answer(response["statusCode"], headers, response["body"])
    broken = _broken_promises(event, found)
    assert not broken, f"{event['routeKey']} answered {found.status}: {broken}"
    return found


def principal_context(token: str) -> dict[str, Any]:
    """What the authorizer makes of a token."""
    request = {"headers": {"authorization": f"Bearer {token}"}, "identitySource": [f"Bearer {token}"]}
    found = authorizer(request, Context())
    assert found["isAuthorized"] is True
    context: dict[str, Any] = found["context"]
    return context


def deliver_mails() -> int:
    """Let the mailer send what is due. Returns how many left."""
    sent: int = mailer({}, Context())["sent"]
    return sent


def _broken_promises(event: dict[str, Any], found: Answer) -> list[str]:
    """How an answer differs from what the API's description says of its route."""
    http = event["requestContext"]["http"]
    path = next((path for path, pattern in _PATHS if re.fullmatch(pattern, http["path"])), None)
    operation = DOCUMENT["paths"].get(path, {}).get(http["method"].lower())
    if operation is None:
        return [] if found.status == 404 else ["a route that is not described"]
    described = operation["responses"].get(str(found.status))
    if described is None:
        return [f"status {found.status} is not described"]
    content = described.get("content")
    if not content:
        return [] if not found.text else ["a body where none is described"]
    schema = content[found.headers["content-type"].split(";")[0]]["schema"]
    if schema.get("format") == "binary":
        return []
    whole = Draft202012Validator(schema | {"components": DOCUMENT["components"]})
    return [error.message for error in whole.iter_errors(found.json)]


def _handler_of(method: str, path: str) -> Handler:
    """The handler that the template gives a path to; API Gateway itself answers for those that it does not know."""
    named = next((name for name, pattern in _PATHS if re.fullmatch(pattern, path)), "")
    module, _, name = _HANDLERS.get((method, named), "functions.stores.handler.handler").rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler
