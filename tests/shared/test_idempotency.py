"""A POST that is sent twice with one Idempotency-Key takes effect once."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from shared.admin import open_admin
from shared.errors import ConflictError, NotFoundError
from shared.idempotency import idempotent
from shared.models import Category, IdempotencyKey
from shared.tenancy import current_session, tenant_isolated, tenant_session
from tests.calls import Context, http_event
from tests.conftest import Database
from tests.factories import category_of, make_store, make_user

CALLER = {"kind": "user", "email": "a@example.com", "session_id": "s", "role": "STORE_ADMIN", "permissions": "*"}
CALLER |= {"standing": "active"}
outcomes: list[Any] = []
"""What the handler does next: answers 201 by default."""


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Adds a category, then does what the test wants."""
    row = category_of()
    current_session().add(row)
    outcome = outcomes.pop(0) if outcomes else None
    if isinstance(outcome, int):
        return {"statusCode": outcome, "headers": {}, "body": row.slug, "isBase64Encoded": False}
    if outcome is not None:
        outcome()
    return {"statusCode": 201, "headers": {"Content-Type": "text/plain"}, "body": row.slug, "isBase64Encoded": False}


def _post(store_id: str, key: str | None, body: str = "{}", *, user: str = "ada", path: str = "/v1/things") -> Any:
    event = http_event("POST", path, {} if key is None else {"idempotency-key": key})
    caller = CALLER | {"user_id": make_user(f"{user}@example.com"), "store_id": store_id, "is_visitor": False}
    event["requestContext"]["authorizer"] = {"lambda": caller | {"requests_a_minute": 1000}}
    return handler(event | {"body": body}, Context())


def _count(store_id: str) -> int:
    with tenant_session(store_id) as session:
        return len(session.scalars(select(Category.id)).all())


@pytest.fixture(autouse=True)
def _fresh() -> None:
    outcomes.clear()


def test_the_same_key_and_body_answer_the_first_answer_again(either: Database) -> None:
    store = make_store()
    first, second = _post(store, "k"), _post(store, "k")

    assert (second["statusCode"], second["body"]) == (201, first["body"])
    assert second["headers"]["Idempotent-Replayed"] == "true"
    assert second["headers"]["Content-Type"] == "text/plain"
    assert "Idempotent-Replayed" not in first["headers"]
    assert _count(store) == 1


@pytest.mark.parametrize("other", [{"body": '{"a": 1}'}, {"path": "/v1/others"}])
def test_the_same_key_for_another_request_is_refused(database: Database, other: dict[str, str]) -> None:
    store = make_store()
    _post(store, "k")

    answer = _post(store, "k", **other)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (422, "idempotency_key_reused")
    assert _count(store) == 1


def test_other_keys_callers_and_stores_are_other_requests(database: Database) -> None:
    ours, theirs = make_store(), make_store()
    for request in ((ours, "k"), (ours, "l"), (theirs, "k"), (ours, None), (ours, None)):
        assert _post(*request)["statusCode"] == 201
    assert _post(ours, "k", user="bob")["statusCode"] == 201

    assert (_count(ours), _count(theirs)) == (5, 1)


def test_a_key_lasts_a_day(either: Database) -> None:
    store, begin = make_store(), datetime(2026, 12, 1, 12, tzinfo=UTC)
    with time_machine.travel(begin, tick=False):
        _post(store, "k")
    with time_machine.travel(begin + timedelta(hours=23, minutes=59), tick=False):
        assert _post(store, "k")["headers"]["Idempotent-Replayed"] == "true"
    with time_machine.travel(begin + timedelta(hours=24, minutes=1), tick=False):
        assert "Idempotent-Replayed" not in _post(store, "k", body="another")["headers"]
    assert _count(store) == 2


@pytest.mark.parametrize(("status", "kept"), [(400, True), (404, True), (422, True), (409, False), (429, False)])
def test_a_refusal_is_kept_when_time_cannot_change_it(either: Database, status: int, kept: bool) -> None:
    store = make_store()
    outcomes.append(status)
    assert _post(store, "k")["statusCode"] == status

    again = _post(store, "k")

    assert again["statusCode"] == (status if kept else 201)
    assert _count(store) == (0 if kept else 1)


def _broken() -> None:
    raise RuntimeError("a fault of ours")


def test_a_fault_of_ours_is_not_kept(database: Database) -> None:
    store = make_store()
    outcomes.append(_broken)

    assert _post(store, "k")["statusCode"] == 500
    assert _post(store, "k")["statusCode"] == 201
    assert _count(store) == 1


@pytest.mark.parametrize("error", [ConflictError("x", "x"), NotFoundError("x", "x")])
def test_what_the_handler_raises_leaves_no_key(database: Database, error: Exception) -> None:
    store = make_store()

    def refuse() -> None:
        raise error

    outcomes.append(refuse)
    _post(store, "k")
    with tenant_session(store) as session:
        assert session.scalars(select(IdempotencyKey.id)).all() == []


def test_while_the_first_runs_the_second_is_told_so(database: Database) -> None:
    store, entered, go_on = make_store(), threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        assert go_on.wait(10)

    outcomes.append(wait)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(_post, store, "k")
        assert entered.wait(10)
        second = _post(store, "k")
        go_on.set()

        assert (second["statusCode"], json.loads(second["body"])["code"]) == (409, "still_running")
        assert first.result()["statusCode"] == 201
    assert _post(store, "k")["body"] == first.result()["body"]


def test_many_at_once_take_effect_once(database: Database) -> None:
    store = make_store()
    with ThreadPoolExecutor(8) as threads:
        make_user("ada@example.com")
        answers = list(threads.map(lambda _: _post(store, "k"), range(24)))

    assert set(Counter(answer["statusCode"] for answer in answers)) <= {201, 409}
    assert len({answer["body"] for answer in answers if answer["statusCode"] == 201}) == 1
    assert _count(store) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_the_wrong_length_is_refused(database: Database, key: str) -> None:
    store = make_store()

    assert _post(store, key)["statusCode"] == 400
    assert _count(store) == 0
