"""`@tenant_isolated`: one invocation, one session, one transaction, and an answer whatever happens."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text

from shared.database import function_engine
from shared.errors import ConflictError, NoSuchStoreError, NotFoundError, TenancyError
from shared.models import Product
from shared.tenancy import Response, current_session, tenant_isolated, tenant_of, tenant_session
from shared.tenant_session import TenantSession
from tests.conftest import Database
from tests.factories import make_product, make_store
from tests.shared.invocation import GET, OK, Run, answer, held, names, rename

SECRET = "what nobody may read"


def failing(error: Exception) -> Run:
    def run() -> Response:
        rename("changed")
        raise error

    return run


def answering(status: int | str) -> Run:
    def run() -> Response:
        rename("changed")
        return OK | {"statusCode": status}

    return run


@pytest.mark.parametrize("status", [200, 201, 204, 304, 399])
def test_a_success_commits(each: Database, status: int) -> None:
    store_id = make_store()
    make_product(store_id, name="old")
    assert answer(store_id, answering(status))["statusCode"] == status
    assert names(store_id) == {"changed"}
    assert held() == 0


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 503, "404"])
def test_a_failure_rolls_back(each: Database, status: int | str) -> None:
    store_id = make_store()
    make_product(store_id, name="old")
    assert answer(store_id, answering(status))["statusCode"] == status
    assert names(store_id) == {"old"}
    assert held() == 0


@pytest.mark.parametrize(
    "error", [KeyError("secret"), LookupError("secret"), TenancyError("secret"), OSError("secret")]
)
def test_an_exception_rolls_back_and_tells_nothing_of_itself(each: Database, error: Exception) -> None:
    store_id = make_store()
    make_product(store_id, name="old")
    response = answer(store_id, failing(error))
    assert response["statusCode"] == 500
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert SECRET not in json.dumps(response)
    assert json.loads(response["body"])["request_id"] == GET["requestContext"]["requestId"]
    assert names(store_id) == {"old"}
    assert held() == 0


def test_an_exception_is_logged(each: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer(make_store(), failing(KeyError("the cause")))
    assert "the cause" in caplog.text


def test_a_problem_raised_by_the_handler_rolls_back_and_is_answered(each: Database) -> None:
    store_id = make_store()
    make_product(store_id, name="old")
    response = answer(store_id, failing(ConflictError("taken", "Taken.")))
    assert (response["statusCode"], json.loads(response["body"])["code"]) == (409, "taken")
    assert names(store_id) == {"old"}
    assert held() == 0


def test_a_problem_of_the_entry_is_answered(each: Database) -> None:
    def refuse(_event: Mapping[str, Any]) -> Any:
        raise NotFoundError("store_not_found", "There is no such store.")

    response = tenant_isolated(refuse)(lambda *_: OK)(dict(GET), None)
    assert (response["statusCode"], json.loads(response["body"])["code"]) == (404, "store_not_found")
    assert held() == 0


def test_a_fault_of_the_commit_is_answered_500(each: Database) -> None:
    store_id = make_store()

    def run() -> Response:
        current_session().add(Product(name="x", slug="x", brand_id="none"))
        return OK

    assert answer(store_id, run)["statusCode"] == 500
    assert names(store_id) == set()
    assert held() == 0


def test_an_answer_without_a_status_rolls_back(each: Database) -> None:
    store_id = make_store()
    make_product(store_id, name="old")

    def run() -> Response:
        rename("changed")
        return {}

    assert answer(store_id, run)["statusCode"] == 500
    assert names(store_id) == {"old"}


def test_the_session_is_open_inside_the_handler_only(each: Database) -> None:
    seen: list[TenantSession] = []

    def run() -> Response:
        seen.append(current_session())
        assert tenant_of(current_session()).id == current_session().store_id
        return OK

    for act in (run, failing(KeyError("x"))):
        answer(make_store(), act)
        with pytest.raises(TenancyError):
            current_session()
        with pytest.raises(TenancyError):
            tenant_of(current_session())
    assert not seen[0].in_transaction()


def test_a_session_that_entered_no_store_has_no_tenant(each: Database) -> None:
    with TenantSession(function_engine(), store_id=None) as session, pytest.raises(TenancyError):
        tenant_of(session)


def test_only_live_stores_are_entered(each: Database) -> None:
    for store_id in ("none", "' OR 1=1 --", ""):
        with pytest.raises(NoSuchStoreError), tenant_session(store_id):
            pass
    assert held() == 0


def test_the_next_user_of_a_connection_is_in_no_store(one: Database) -> None:
    store_id = make_store()
    make_product(store_id)
    for run in (answering(200), answering(404), failing(KeyError("x"))):
        answer(store_id, run)
        with function_engine().connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM products")) == 0
