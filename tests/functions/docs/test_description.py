"""The API's description, served and true to the template and to the code."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

from functions.docs.handler import handler
from local.database import ROOT
from local.openapi import describe, described
from local.template import Function, read_functions
from shared.api import HttpApi
from tests.calls import Answer, Context, call

EVENT = json.loads((ROOT / "events/docs/read_description.json").read_text())
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def _functions() -> list[Function]:
    return read_functions(ROOT / "template.yaml")


def _app(function: Function) -> HttpApi | None:
    found = getattr(importlib.import_module(function.handler.rpartition(".")[0]), "app", None)
    return found if isinstance(found, HttpApi) else None


def _read() -> Any:
    response = handler(EVENT, Context())
    assert response["statusCode"] == 200
    return json.loads(response["body"])


def _operations(document: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_description_is_served_as_json() -> None:
    response = handler(EVENT, Context())

    assert response["headers"]["Content-Type"] == "application/json"
    assert response["headers"]["Cache-Control"].startswith("public")
    assert response["isBase64Encoded"] is False
    assert json.loads(response["body"])["openapi"].startswith("3.1")


def test_swagger_ui_is_one_page_that_loads_nothing_from_elsewhere() -> None:
    answer: Answer = call(handler, "/v1/docs")

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "SwaggerUIBundle" in answer.text
    assert "/v1/storefront/products/{slug}" in answer.text
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?([^\"' >]+)", answer.text)
    assert [target for target in tags if target.startswith(("http", "//"))] == []


def test_the_file_is_what_the_code_describes() -> None:
    committed = Path(ROOT / "functions/docs/openapi.json").read_text()

    assert committed == describe(_functions())
    assert json.loads(committed) == _read()


def test_description_template_and_apps_list_the_same_routes() -> None:
    described = set(_operations(_read()))
    functions = {function.name: function for function in _functions()}
    apps = {name: app for name, function in functions.items() if (app := _app(function)) is not None}
    routed = {
        f"{method} {_braced(route.path)}"
        for app in apps.values()
        for route in app._static_routes + app._dynamic_routes
        for method in ([route.method] if isinstance(route.method, str) else route.method)
    }
    in_template = {route.key for name in apps for route in functions[name].routes}
    others = {route.key for name, function in functions.items() if name not in apps for route in function.routes}

    assert described == routed == in_template
    assert others == {"GET /v1/docs", "GET /v1/openapi.json"}
    assert len(described) >= 6


def _braced(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in _operations(_read()).values()]

    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere() -> None:
    document = _read()
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))

    assert references
    for reference in references:
        found = document
        for step in reference.split("/"):
            found = found[step]


def test_every_operation_documents_the_problems_it_answers() -> None:
    for name, operation in _operations(_read()).items():
        for status in ("400", "403", "404", "422", "500", "503"):
            assert status in operation["responses"], (name, status)
            content = operation["responses"][status]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_every_cacheable_operation_documents_that_a_copy_may_still_be_good() -> None:
    for name, operation in _operations(_read()).items():
        if name.startswith("GET /v1/storefront/") and operation["tags"] == ["storefront"]:
            assert set(operation["responses"]["304"]) == {"description"}


def test_every_storefront_operation_takes_the_header_that_names_the_store() -> None:
    document = _read()
    parameter = document["components"]["parameters"]["Store"]

    assert (parameter["name"], parameter["in"], parameter["required"]) == ("X-Store", "header", False)
    for name, operation in _operations(document).items():
        if "/v1/storefront/" in name:
            assert {"$ref": "#/components/parameters/Store"} in operation["parameters"]


def test_every_variable_of_a_path_is_a_required_parameter() -> None:
    for name, operation in _operations(_read()).items():
        declared = {found["name"] for found in operation.get("parameters", []) if found.get("in") == "path"}
        assert declared == set(re.findall(r"\{(.+?)\}", name))


def test_no_two_functions_call_different_things_the_same() -> None:
    """Merging would quietly keep one of them."""
    versions: dict[str, set[str]] = {}
    for app in filter(None, map(_app, _functions())):
        found = described(app).get("components", {}).get("schemas", {})
        for name, schema in found.items():
            versions.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))

    assert len(versions) > 50
    assert [name for name, different in versions.items() if len(different) > 1] == []
