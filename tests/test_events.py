"""Every sample event is one that API Gateway could send, for a route of the template, and is answered."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.database import ROOT
from local.template import Function, Route, read_functions
from tests.calls import Context
from tests.conftest import Database

ALL = sorted((ROOT / "events").rglob("*.json"))
# A function's folder is the one that its handler's module lies in.
FOLDERS = {function.handler.split(".")[-3]: function for function in read_functions(ROOT / "template.yaml")}
NOT_HTTP = {folder for folder, function in FOLDERS.items() if not function.routes}
"""Folders of functions that API Gateway calls for no route, or that something else calls."""
EVENTS = [path for path in ALL if path.parent.name not in NOT_HTTP]
NOT_IN_DEMO_SHOPS = {"papers"}
"""Folders of functions that answer for orders alone, of which the demo shops have none."""
STRING = {"type": "string"}
HTTP = ("method", "path", "protocol", "sourceIp", "userAgent")
CONTEXT = ("accountId", "apiId", "domainName", "domainPrefix", "requestId", "routeKey", "stage", "time")
TEXTS = {"type": "object", "additionalProperties": STRING}
PAYLOAD: dict[str, Any] = {
    "type": "object",
    "required": ["version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "2.0"},
        "routeKey": STRING,
        "rawPath": {"type": "string", "pattern": "^/"},
        "rawQueryString": STRING,
        "cookies": {"type": "array", "items": STRING},
        "headers": TEXTS | {"propertyNames": {"pattern": "^[a-z0-9-]+$"}},
        "queryStringParameters": TEXTS,
        "pathParameters": TEXTS,
        "stageVariables": TEXTS,
        "body": STRING,
        "isBase64Encoded": {"type": "boolean"},
        "requestContext": {
            "type": "object",
            "required": [*CONTEXT, "http", "timeEpoch"],
            "additionalProperties": False,
            "properties": {
                **dict.fromkeys(CONTEXT, STRING),
                "timeEpoch": {"type": "integer"},
                "authorizer": {"type": "object"},
                "authentication": {},
                "http": {
                    "type": "object",
                    "required": list(HTTP),
                    "additionalProperties": False,
                    "properties": dict.fromkeys(HTTP, STRING),
                },
            },
        },
    },
}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT / "events"))


def _route(event: dict[str, Any]) -> tuple[Function, Route]:
    declared = [(function, route) for function in read_functions(ROOT / "template.yaml") for route in function.routes]
    return next(found for found in declared if found[1].key == event["routeKey"])


def test_there_are_events_for_every_function() -> None:
    covered = {_route(json.loads(path.read_text()))[0].name for path in EVENTS}

    functions = read_functions(ROOT / "template.yaml")
    assert covered == {function.name for function in functions if function.routes}
    assert {path.parent.name for path in ALL} == FOLDERS.keys()


@pytest.mark.parametrize("path", [path for path in ALL if path not in EVENTS], ids=_named)
def test_its_handler_takes_an_event_of_another_kind(database: Database, path: Path) -> None:
    module, _, name = FOLDERS[path.parent.name].handler.rpartition(".")

    answer = getattr(importlib.import_module(module), name)(json.loads(path.read_text()), Context())

    if path.parent.name in {"jobs", "purge"}:
        assert answer["status"] == "COMPLETED"
        return
    nothing = [{word: 0} for word in ("sent", "done", "swept", "started")]
    assert answer in [{"isAuthorized": True, "context": {"kind": "none"}}, {"batchItemFailures": []}, *nothing]


@pytest.mark.parametrize("path", EVENTS, ids=_named)
def test_an_event_is_payload_2_of_a_route_in_the_template(path: Path) -> None:
    event = json.loads(path.read_text())

    assert [error.message for error in Draft202012Validator(PAYLOAD).iter_errors(event)] == []
    context, (_, route) = event["requestContext"], _route(event)
    assert context["routeKey"] == event["routeKey"]
    assert (context["http"]["method"], context["http"]["path"]) == (route.method, event["rawPath"])
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
    matched = re.fullmatch(pattern, event["rawPath"])
    assert matched is not None
    assert matched.groupdict() == event.get("pathParameters", {})
    pairs = [pair.partition("=") for pair in event["rawQueryString"].split("&") if pair]
    assert {name: value for name, _, value in pairs} == event.get("queryStringParameters", {})


@pytest.mark.parametrize("path", EVENTS, ids=_named)
def test_its_handler_answers_an_event(own_shops: Database, path: Path) -> None:
    event = json.loads(path.read_text())
    module, _, name = _route(event)[0].handler.rpartition(".")

    response = getattr(importlib.import_module(module), name)(event, Context())

    assert response["statusCode"] in ((404,) if path.parent.name in NOT_IN_DEMO_SHOPS else (200, 201))
    assert response["body"]
    assert json.dumps(response)
