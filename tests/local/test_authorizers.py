"""Lambda authorizers, through the gateway that a template describes."""

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from local import authorizers
from local.gateway import create_app
from tests.local.stack import Event, Recorder, template

TEMPLATE = """
Resources:
  HttpApi:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Bearer
        Authorizers:
          Bearer:
            FunctionArn: !GetAtt Guard.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            Identity: {Headers: [Authorization, X-Device], ReauthorizeEvery: TTL}
  Guard:
    Type: AWS::Serverless::Function
    Properties: {Handler: guard.handler}
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Handler: shop.handler
      Events:
        Order: {Type: HttpApi, Properties: {ApiId: !Ref HttpApi, Method: POST, Path: "/orders/{id}"}}
        Orders: {Type: HttpApi, Properties: {ApiId: !Ref HttpApi, Method: GET, Path: /orders}}
        Login:
          Type: HttpApi
          Properties: {ApiId: !Ref HttpApi, Method: GET, Path: /login, Auth: {Authorizer: NONE}}
"""
ANNE = {"Authorization": "Bearer anne", "X-Device": "phone"}
YES, NO = {"isAuthorized": True, "context": {"user": "anne", "roles": ["staff"]}}, {"isAuthorized": False}


class Gateway:
    """A gateway whose guard gives these answers, and whose clock stands still."""

    def __init__(self, folder: Path, *answers: Any, ttl: int = 45) -> None:
        self.now = 1000.0
        self.guard = Recorder(*answers)
        handlers = {"guard.handler": self.guard, "shop.handler": self._shop}
        functions = template(folder, TEMPLATE.replace("TTL", str(ttl))).functions
        self._client = Client(create_app(functions, handlers.__getitem__, clock=lambda: self.now))

    def get(self, path: str = "/orders", headers: dict[str, str] = ANNE) -> TestResponse:
        return self._client.get(path, headers=headers)

    def post(self, path: str, **request: Any) -> TestResponse:
        return self._client.post(path, headers=ANNE, **request)

    @staticmethod
    def _shop(event: Event, _context: object) -> Any:
        found = event["requestContext"].get("authorizer")
        answer = json.dumps({"authorizer": found})
        # What a function does to its event is no business of the next request's.
        if found:
            found["lambda"].clear()
        return answer


def test_the_context_reaches_the_function(tmp_path: Path) -> None:
    answer = Gateway(tmp_path, YES).get()

    assert (answer.status_code, answer.get_json()) == (200, {"authorizer": {"lambda": YES["context"]}})


@pytest.mark.parametrize("answer", [{"isAuthorized": True}, {"isAuthorized": True, "context": None}])
def test_no_context_is_null_as_on_aws(tmp_path: Path, answer: Any) -> None:
    authorizer: list[Any] = []
    functions = template(tmp_path, TEMPLATE.replace("TTL", "0")).functions
    handlers = {
        "guard.handler": lambda _event, _context: answer,
        "shop.handler": lambda event, _context: authorizer.append(event["requestContext"]["authorizer"]),
    }
    Client(create_app(functions, handlers.__getitem__)).get("/orders", headers=ANNE)

    assert authorizer == [{"lambda": None}]


def test_the_authorizer_gets_the_request_without_its_body(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, YES)
    gateway.post("/orders/7?page=1&page=2", data=b"secret", content_type="text/plain")

    [event] = gateway.guard.events
    assert event["version"] == "2.0"
    assert event["type"] == "REQUEST"
    assert event["routeArn"] == "arn:aws:execute-api:us-east-1:123456789012:local/$default/POST/orders/7"
    assert event["identitySource"] == ["Bearer anne", "phone"]
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /orders/{id}"
    assert (event["rawPath"], event["rawQueryString"]) == ("/orders/7", "page=1&page=2")
    assert event["queryStringParameters"] == {"page": "1,2"}
    assert event["pathParameters"] == {"id": "7"}
    assert event["headers"]["authorization"] == "Bearer anne"
    assert event["requestContext"]["http"]["method"] == "POST"
    assert not {"body", "isBase64Encoded", "stageVariables"} & event.keys()


def test_what_an_authorizer_does_to_its_event_stays_there(tmp_path: Path) -> None:
    def spoil(event: Event) -> Event:
        event["headers"].clear()
        event["requestContext"].clear()
        return YES

    assert Gateway(tmp_path, spoil).get().status_code == 200


def test_an_answer_is_believed_on_every_route_until_it_expires(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, YES, NO)

    assert [gateway.get().status_code, gateway.post("/orders/7").status_code] == [200, 200]
    gateway.now += 44.9
    assert gateway.get().get_json() == {"authorizer": {"lambda": YES["context"]}}
    assert len(gateway.guard.events) == 1
    gateway.now += 0.1
    assert gateway.get().status_code == 403
    assert len(gateway.guard.events) == 2


def test_a_refusal_is_a_403_and_believed_as_well(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, NO, YES)

    for answer in (gateway.get(), gateway.post("/orders/7")):
        assert (answer.status_code, answer.get_data(True)) == (403, '{"message":"Forbidden"}')
        assert answer.headers["apigw-requestid"]
    assert len(gateway.guard.events) == 1


def test_each_combination_of_identity_sources_is_asked_for(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, YES, NO, NO)

    other_device, other_user = ANNE | {"X-Device": "till"}, ANNE | {"Authorization": "Bearer ben"}
    answers = [gateway.get(headers=headers).status_code for headers in (ANNE, other_device, other_user, ANNE)]
    assert answers == [200, 403, 403, 200]


@pytest.mark.parametrize("missing", [{"Authorization": "Bearer anne"}, {}, ANNE | {"X-Device": ""}])
def test_without_an_identity_source_nobody_is_asked(tmp_path: Path, missing: dict[str, str]) -> None:
    gateway = Gateway(tmp_path, YES)
    answer = gateway.get(headers=missing)

    assert (answer.status_code, answer.get_data(True)) == (401, '{"message":"Unauthorized"}')
    assert gateway.guard.events == []


@pytest.mark.parametrize(
    "answer",
    [
        ValueError("broken"),
        SystemExit(1),
        None,
        True,
        {"isAuthorized": "true"},
        {"isAuthorized": True, "context": ["a"]},
        {"isAuthorized": True, "context": {"made": object()}},
        {"principalId": "anne", "policyDocument": {}},
    ],
)
def test_a_broken_authorizer_is_a_500_and_asked_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    gateway = Gateway(tmp_path, answer, YES)
    first = gateway.get()

    assert (first.status_code, first.get_data(True)) == (500, '{"message":"Internal Server Error"}')
    assert "Guard" in capsys.readouterr().err
    assert gateway.get().status_code == 200


def test_a_public_route_asks_nobody(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, NO)

    assert gateway.get("/login").get_json() == {"authorizer": None}
    assert gateway.guard.events == []


def test_a_ttl_of_zero_asks_each_time(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, YES, NO, ttl=0)

    assert [gateway.get().status_code, gateway.get().status_code] == [200, 403]


def test_no_more_than_a_bounded_number_of_answers_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorizers, "MAX_ANSWERS", 2)
    gateway = Gateway(tmp_path, *[YES] * 9)

    for device in ("a", "b", "c", "c", "b", "a"):
        gateway.get(headers=ANNE | {"X-Device": device})
    assert [event["identitySource"][1] for event in gateway.guard.events] == ["a", "b", "c", "a"]
