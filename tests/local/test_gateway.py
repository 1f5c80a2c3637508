import contextlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from local.events import LambdaContext
from local.gateway import create_app, import_handler
from local.template import Function, Route

Event = dict[str, Any]


def function(name: str, *keys: str) -> Function:
    """A function with routes written as API Gateway writes their keys."""
    routes = (Route(*key.split(" ")) if " " in key else Route("ANY", key) for key in keys)
    return Function(name, f"{name}.handler", {}, timeout=10, memory=256, routes=tuple(routes))


def echo(event: Event, context: LambdaContext) -> Event:
    return {
        "function": context.function_name,
        "route": event["routeKey"],
        "parameters": event.get("pathParameters"),
        "path": event["rawPath"],
    }


def client(*functions: Function, handler: Callable[..., Any] = echo) -> Client:
    return Client(create_app(functions, load=lambda _path: handler))


PETS = (
    function("Dog", "GET /pets/dog/{id}", "GET /pets/dog/1", "GET /"),
    function("Pets", "GET /pets/{proxy+}", "ANY /pets/{kind}/toys", "POST /pets/{kind}", "ANY /pets/{kind}"),
    function("Any", "ANY /{proxy+}"),
)


@pytest.mark.parametrize(
    ("request_line", "route", "parameters"),
    [
        ("GET /", "GET /", None),
        ("GET /pets/dog/1", "GET /pets/dog/1", None),
        ("GET /pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET /pets/cat/2", "GET /pets/{proxy+}", {"proxy": "cat/2"}),
        ("POST /pets/cat", "POST /pets/{kind}", {"kind": "cat"}),
        ("PUT /pets/cat", "ANY /pets/{kind}", {"kind": "cat"}),
        ("GET /pets/cat/", "GET /pets/{proxy+}", {"proxy": "cat/"}),
        ("POST /pets/dog/2", "ANY /{proxy+}", {"proxy": "pets/dog/2"}),
        ("GET /birds", "ANY /{proxy+}", {"proxy": "birds"}),
        ("GET //birds", "ANY /{proxy+}", {"proxy": "/birds"}),
    ],
)
def test_the_most_specific_route_answers(request_line: str, route: str, parameters: dict[str, str] | None) -> None:
    method, path = request_line.split(" ")

    answer = client(*PETS).open(path, method=method).get_json()

    assert (answer["route"], answer["parameters"]) == (route, parameters)


def test_a_full_match_with_a_variable_beats_a_longer_literal_with_a_greedy_one() -> None:
    functions = (function("Greedy", "GET /pets/dog/{proxy+}"), function("Full", "GET /pets/{kind}/toys"))

    assert client(*functions).get("/pets/dog/toys").get_json()["function"] == "Full"


def test_the_default_route_takes_the_rest() -> None:
    answer = client(function("Shop", "GET /x"), function("Rest", "$default")).post("/a//b/").get_json()

    assert (answer["function"], answer["route"], answer["path"]) == ("Rest", "$default", "/a//b/")


@pytest.mark.parametrize("path", ["/shop/", "//shop", "/shop//", "/Shop", "/shop/x", "/other"])
def test_a_path_that_is_not_the_route_is_not_found(path: str) -> None:
    response = client(function("Shop", "GET /shop")).get(path)

    assert (response.status_code, response.get_data(True)) == (404, '{"message":"Not Found"}')


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_a_get_route_answers_get_alone(method: str) -> None:
    assert client(function("Shop", "GET /shop")).open("/shop", method=method).status_code == 404


def test_any_answers_head() -> None:
    assert client(function("Shop", "ANY /shop")).head("/shop").status_code == 200


def test_path_parameters_arrive_decoded_under_their_names() -> None:
    shop = function("Shop", "GET /shops/{shop-id}/products/{slug}")

    assert client(shop).get("/shops/a%2Bb/products/caf%C3%A9%20noir").get_json()["parameters"] == {
        "shop-id": "a+b",
        "slug": "café noir",
    }


def test_an_encoded_slash_separates_as_on_aws() -> None:
    assert client(function("Shop", "GET /products/{slug}")).get("/products/a%2Fb").status_code == 404


@pytest.mark.parametrize("result", [{"statusCode": "?"}, {"statusCode": 200, "body": 1}, object()])
def test_a_malformed_result_is_an_internal_error(result: object, capsys: pytest.CaptureFixture[str]) -> None:
    response = client(function("Shop", "GET /x"), handler=lambda _event, _context: result).get("/x")

    assert (response.status_code, response.get_data(True)) == (500, '{"message":"Internal Server Error"}')
    assert "Shop" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("secret"), SystemExit(1)])
def test_an_exception_reaches_the_log_and_not_the_caller(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_event: Event, _context: LambdaContext) -> None:
        raise error

    response = client(function("Shop", "GET /x"), handler=fail).get("/x")

    assert (response.status_code, response.get_data(True)) == (500, '{"message":"Internal Server Error"}')
    assert type(error).__name__ in capsys.readouterr().err


def test_headers_over_the_limit_are_refused() -> None:
    shop = client(function("Shop", "GET /x"))

    assert shop.get("/x", headers={"X-Long": "x" * 9_000}).status_code == 200
    refused = shop.get("/x", headers={"X-Long": "x" * 10_240})
    assert (refused.status_code, refused.get_json()) == (431, {"message": "Request Header Fields Too Large"})


@pytest.mark.parametrize(("size", "kind"), [(6 * 1024 * 1024 + 1, "text/plain"), (5 * 1024 * 1024, "image/png")])
def test_a_body_over_the_limit_is_refused(size: int, kind: str) -> None:
    refused = client(function("Shop", "POST /x")).post("/x", data=b"x" * size, content_type=kind)

    assert (refused.status_code, refused.get_json()) == (413, {"message": "Request Entity Too Large"})


def test_a_body_of_six_megabytes_is_accepted() -> None:
    body = b"x" * (6 * 1024 * 1024)

    assert client(function("Shop", "POST /x")).post("/x", data=body, content_type="text/plain").status_code == 200


def test_the_context_describes_the_function() -> None:
    def describe(event: Event, context: LambdaContext) -> Event:
        assert context.aws_request_id == event["requestContext"]["requestId"]
        return {"memory": context.memory_limit_in_mb, "left": context.get_remaining_time_in_millis()}

    response = client(function("Shop", "GET /x"), handler=describe)
    answer = response.get("/x").get_json()

    assert answer["memory"] == 256
    assert 0 < answer["left"] <= 10_000


def test_each_answer_carries_its_request_id() -> None:
    shop = client(function("Shop", "GET /x"))

    assert shop.get("/x").headers["apigw-requestid"] != shop.get("/x").headers["apigw-requestid"]


def test_the_access_log_has_a_line_per_request_without_the_query(capsys: pytest.CaptureFixture[str]) -> None:
    client(function("Shop", "GET /x/{id}")).get("/x/a%0Ab?email=someone")

    method, path, status, milliseconds, unit = capsys.readouterr().out.removesuffix("\n").split(" ")
    assert (method, path, status, unit) == ("GET", "/x/a%0Ab", "200", "ms")
    assert milliseconds.isdigit()


def test_a_handler_is_loaded_on_first_use_and_once() -> None:
    loads: list[str] = []
    meeting = threading.Barrier(2)

    def load(path: str) -> Callable[[Event, LambdaContext], Event]:
        loads.append(path)
        # Nobody else is loading it, as it should be.
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(0.3)
        return echo

    app = create_app([function("Shop", "GET /x"), function("Unused", "GET /y")], load=load)
    assert loads == []
    threads = [threading.Thread(target=Client(app).get, args=["/x"]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["Shop.handler"]


def test_import_handler_imports_a_function_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny_function.py").write_text("def handler(event, context):\n    return 'imported'\n")
    monkeypatch.syspath_prepend(tmp_path)

    shop = Function("Shop", "tiny_function.handler", {}, timeout=3, memory=128, routes=(Route("GET", "/x"),))
    assert Client(create_app([shop])).get("/x").get_data(True) == "imported"

    del sys.modules["tiny_function"]
    with pytest.raises(ModuleNotFoundError):
        import_handler("tiny_function_that_is_not.handler")
