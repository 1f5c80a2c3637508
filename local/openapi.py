"""The merged description of every function's API, written to the docs function."""

import importlib
import json
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, SecurityScheme

from local.template import Function
from shared.api import HttpApi

TARGET = Path(__file__).parent.parent / "functions" / "docs" / "openapi.json"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people: what is wrong and what to do next."},
        "code": {"type": "string", "description": "For programs: stable."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "message"],
                "properties": {
                    "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_STORE = {
    "name": "X-Store",
    "in": "header",
    "required": False,
    "description": "Slug of the store, where shops share a host.",
    "schema": {"type": "string"},
    "example": "aurora",
}
_ERRORS = {
    "400": "Malformed request, or no store named.",
    "403": "Known, but not allowed; `code` says why.",
    "404": "Absent, or another store's.",
    "409": "It contradicts what is stored; `code` says how.",
    "422": "Values that are not acceptable; `errors` lists each.",
    "429": "Too often; try again after `Retry-After` seconds.",
    "500": "A fault of ours, which has been logged under `request_id`.",
    "503": "Too many requests at once; try again after `Retry-After` seconds.",
}


# Where a token is asked for, or given. The first may be API Gateway's own, which is no problem but `{"message": ...}`.
_SIGNED_IN = {
    "401": "No token, or one that is no good any more; signing in, a wrong address, password or code.",
    "402": "The store's plan does not include it; `limit`, `used`, `allowed` and `plan` say more.",
    "412": "`If-Match` names another version than the stored one.",
}
_SIGN_IN = ("/v1/auth/", "/v1/storefront/customers/")
_DELIVERIES = "/v1/webhooks/"
_DELIVERED = {
    "401": "Not signed, or with another secret than the integration's.",
    "413": "The body is longer than any delivery.",
}
_WITH_BODY = {"415": "The body is not of a media type that is taken here, or does not say that it is."}

# API Gateway's own, before a function is called.
_TOO_LARGE = {"description": "The URL and the headers together are over 10 KB."}
_MOVED = {"description": "It has another slug now: `Location` says which."}
_NOT_MODIFIED = {"description": "The client's copy, named by its ETag in `If-None-Match`, is still good."}


_FILE = {"schema": {"type": "string", "format": "binary"}}
_SCHEMES: dict[str, SecurityScheme] = {
    "bearer": HTTPBearer(bearerFormat="opaque", description="The `token` that signing in answers.")
}


def describe(functions: list[Function]) -> str:
    """The OpenAPI document of all functions that have routes, as JSON. Raises OpenAPIMergeError when two clash."""
    merge = OpenAPIMerge(
        title="StormCom",
        version="1.0.0",
        description="The commerce back end of many shops. Money is a string, times are UTC, errors are RFC 9457.",
        on_conflict="error",
    )
    for app in _apps(functions):
        merge.add_schema(described(app))
    return json.dumps(_finished(json.loads(merge.get_openapi_json_schema())), indent=2, sort_keys=True) + "\n"


def _apps(functions: list[Function]) -> list[HttpApi]:
    modules = [importlib.import_module(function.handler.rpartition(".")[0]) for function in functions]
    found = [getattr(module, "app", None) for module in modules]
    return [app for app in found if isinstance(app, HttpApi)]


def described(app: HttpApi) -> dict[str, Any]:
    """What one function's API says of itself."""
    found = app.get_openapi_schema(security_schemes=_SCHEMES).model_dump(by_alias=True, exclude_none=True, mode="json")
    for path, item in found["paths"].items() if app.is_cacheable else ():
        if "get" in item:
            item["get"]["responses"]["304"] = _NOT_MODIFIED
            if path.endswith("{slug}"):
                item["get"]["responses"]["301"] = _MOVED
    for item in found["paths"].values():
        for operation in item.values():
            operation["responses"].get("204", {}).pop("content", None)
            if media := operation.pop("x-media", None):
                operation["requestBody"] = {"required": True, "content": dict.fromkeys(media, _FILE)}
    return found


def _finished(document: dict[str, Any]) -> dict[str, Any]:
    """Errors as they really are, and the header that names the store."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for replaced in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(replaced, None)
    schemas["Problem"] = _PROBLEM
    components["parameters"] = {"Store": _STORE}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, item in document["paths"].items():
        for operation in item.values():
            expected = _ERRORS | (_SIGNED_IN if operation.get("security") or path.startswith(_SIGN_IN) else {})
            expected |= _DELIVERED if path.startswith(_DELIVERIES) else {}
            expected |= _WITH_BODY if "requestBody" in operation else {}
            for status, description in expected.items():
                operation["responses"][status] = {"description": description, "content": problem}
            operation["responses"]["431"] = _TOO_LARGE
            if path.startswith("/v1/storefront/"):
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/Store"})
    return document
