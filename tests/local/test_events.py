import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local.events import LambdaContext, MalformedResponseError, build_event, build_response, message_response

NOW = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)
REQUEST_ID = "0b5f6f8e-1c2d-4e3f-8a9b-0123456789ab"
POSTED = {
    "version": "2.0",
    "routeKey": "POST /v1/products/{slug}",
    "rawPath": "/v1/products/café",
    "rawQueryString": "tag=a&tag=b%2Cc&page=&q=a+b",
    "cookies": ["a=1", "b=2"],
    "headers": {
        "accept": "text/html,application/json",
        "content-length": "13",
        "content-type": "application/json; charset=utf-8",
        "host": "Shop.Example.com:8000",
        "user-agent": "curl/8",
        "x-amzn-trace-id": "Root=1-6b033700-0b5f6f8e1c2d4e3f8a9b0123",
        "x-forwarded-for": "203.0.113.9, 192.0.2.7",
        "x-forwarded-port": "8000",
        "x-forwarded-proto": "http",
    },
    "queryStringParameters": {"tag": "a,b,c", "page": "", "q": "a b"},
    "pathParameters": {"slug": "café"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "local",
        "domainName": "shop.example.com",
        "domainPrefix": "shop",
        "http": {
            "method": "POST",
            "path": "/v1/products/café",
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.7",
            "userAgent": "curl/8",
        },
        "requestId": REQUEST_ID,
        "routeKey": "POST /v1/products/{slug}",
        "stage": "$default",
        "time": "22/Nov/2026:18:40:00 +0000",
        "timeEpoch": 1795372800000,
    },
    "body": '{"name":"é"}',
    "isBase64Encoded": False,
}


def event_for(**request: Any) -> dict[str, Any]:
    builder = EnvironBuilder(**request)
    try:
        return build_event(Request(builder.get_environ()), "GET /x", {}, now=NOW, request_id=REQUEST_ID)
    finally:
        builder.close()


def test_a_request_becomes_exactly_the_event_that_api_gateway_sends() -> None:
    environ = EnvironBuilder(
        path="/v1/products/caf%C3%A9",
        method="POST",
        query_string="tag=a&tag=b%2Cc&page=&q=a+b",
        headers=[
            ("Host", "Shop.Example.com:8000"),
            ("Accept", "text/html,application/json"),
            ("Cookie", "a=1; b=2"),
            ("User-Agent", "curl/8"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Proto", "gopher"),
            ("Connection", "keep-alive"),
        ],
        content_type="application/json; charset=utf-8",
        data='{"name":"é"}'.encode(),
        environ_overrides={"REMOTE_ADDR": "192.0.2.7", "SERVER_PORT": "8000"},
    ).get_environ()

    event = build_event(Request(environ), "POST /v1/products/{slug}", {"slug": "café"}, now=NOW, request_id=REQUEST_ID)

    assert event == POSTED


def test_what_is_empty_is_absent() -> None:
    event = event_for(path="/x")

    assert not {"cookies", "queryStringParameters", "pathParameters", "body"} & event.keys()
    assert (event["rawQueryString"], event["isBase64Encoded"]) == ("", False)


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/xml", "application/javascript"])
def test_text_stays_text(content_type: str) -> None:
    event = event_for(method="POST", data=b"1,2", content_type=content_type)

    assert (event["body"], event["isBase64Encoded"]) == ("1,2", False)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "image/png", "application/octet-stream", ""]
)
def test_everything_else_is_base64_as_on_aws(content_type: str) -> None:
    event = event_for(method="POST", data=b"a=1", content_type=content_type)

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"a=1", True)


def test_text_that_is_not_utf8_keeps_its_bytes() -> None:
    event = event_for(method="POST", data=b"\xff", content_type="text/plain")

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff", True)


def test_a_full_response_is_passed_on() -> None:
    response = build_response(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "application/json", "X-Count": 2, "X-Flag": True, "Content-Length": "999"},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": '{"id":"é"}',
        }
    )

    assert (response.status_code, response.get_data()) == (201, '{"id":"é"}'.encode())
    assert response.headers.getlist("set-cookie") == ["a=1; Path=/", "b=2"]
    assert (response.headers["x-count"], response.headers["x-flag"]) == ("2", "true")
    assert (response.headers["content-type"], response.headers["content-length"]) == ("application/json", "11")


def test_a_base64_body_is_decoded_and_the_type_defaults_to_text() -> None:
    binary = build_response({"statusCode": 200, "body": "/w==", "isBase64Encoded": True})

    assert (binary.get_data(), binary.headers["content-type"]) == (b"\xff", "text/plain;charset=UTF-8")


@pytest.mark.parametrize(("result", "body"), [({"a": 1}, '{"a": 1}'), ([1], "[1]"), ("plain", "plain"), (None, "null")])
def test_any_other_json_is_a_200(result: object, body: str) -> None:
    response = build_response(result)

    assert (response.status_code, response.content_type, response.get_data(True)) == (200, "application/json", body)


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
        {"statusCode": 200, "body": "x" * (6 * 1024 * 1024)},
        {"price": Decimal(1)},
    ],
)
def test_what_api_gateway_would_not_pass_on_is_refused(result: object) -> None:
    with pytest.raises((MalformedResponseError, TypeError, ValueError)):
        build_response(result)


def test_an_error_is_worded_like_api_gateway() -> None:
    response = message_response(404, "Not Found")

    assert (response.status_code, response.get_data(True)) == (404, '{"message":"Not Found"}')
    assert json.loads(response.get_data()) == {"message": "Not Found"}


def test_the_context_names_the_function_and_never_counts_below_zero() -> None:
    context = LambdaContext("Storefront", 512, REQUEST_ID, deadline=0.0)

    assert context.get_remaining_time_in_millis() == 0
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:Storefront"
    assert context.log_group_name == "/aws/lambda/Storefront"
