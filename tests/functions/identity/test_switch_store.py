"""Working in another store: with a new token, where one belongs and nowhere else."""

from typing import Any

import pytest

from shared.models import Session, Store, StoreSubscription, SubscriptionPlan, UserStore
from shared.models.base import now
from shared.models.enums import StoreStatus
from tests.api import api, principal_context
from tests.calls import Answer
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import (
    Person,
    at_once,
    audited,
    change,
    everything,
    found,
    join,
    make_user,
    promote,
    token_of,
)

NOBODY = {"kind": "none"}


def switch(token: str, store_id: str) -> Answer:
    return api("POST", "/v1/auth/switch-store", {"store_id": store_id}, token=token)


def told(answer: Answer) -> dict[str, Any]:
    """A problem, but for the id of its request."""
    assert answer.status == 404, answer.text
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def member_of_two(**given: Any) -> tuple[Person, str, str]:
    person, here, there = make_user(), make_store(), make_store(**given)
    join(person, here)
    join(person, there, "STORE_ADMIN")
    return person, here, there


def test_the_new_token_works_there_and_the_old_one_nowhere(either: Database) -> None:
    person, here, there = member_of_two()
    old = token_of(person, here)
    answer = switch(old, there)
    assert (answer.status, answer.json["store"]["store_id"], answer.json["store"]["role"]) == (
        200,
        there,
        "STORE_ADMIN",
    )
    new = principal_context(answer.json["token"])
    assert (new["store_id"], new["role"], new["user_id"]) == (there, "STORE_ADMIN", person.id)
    assert principal_context(old) == NOBODY
    assert len(found(Session)) == 1
    assert [entry.store_id for entry in audited("session.switched")] == [there]


@pytest.mark.parametrize("why", ["absent", "foreign", "deleted", "resting", "left"])
def test_a_store_that_is_not_ones_own_is_as_good_as_none(database: Database, why: str) -> None:
    person, here, there = member_of_two()
    (place,) = found(UserStore, UserStore.store_id == there)
    if why == "deleted":
        change(Store, there, deleted_at=now())
    elif why == "resting":
        change(UserStore, place.id, is_active=False)
    elif why == "left":
        with everything() as session:
            session.delete(session.get_one(UserStore, place.id))
    token = token_of(person, here)
    target = {"absent": "none", "foreign": make_store()}.get(why, there)
    assert told(switch(token, target)) == told(switch(token, "no-such-store"))
    assert principal_context(token)["store_id"] == here
    assert audited("session.switched") == []


def test_a_super_admin_may_look_into_every_live_store(either: Database) -> None:
    person, store_id, gone = make_user(), make_store(), make_store(deleted_at=now())
    promote(person)
    token = token_of(person)
    assert told(switch(token, gone)) == told(switch(token, "no-such-store"))
    answer = switch(token, store_id)
    assert (answer.json["store"]["role"], answer.json["stores"]) == ("SUPER_ADMIN", [])
    context = principal_context(answer.json["token"])
    assert (context["store_id"], context["is_visitor"]) == (store_id, True)
    assert [(entry.store_id, entry.actor_email) for entry in audited("session.switched")] == [(store_id, person.email)]


def test_a_super_admin_looks_and_does_not_touch(database: Database) -> None:
    person, store_id = make_user(), make_store()
    promote(person)
    token = switch(token_of(person), store_id).json["token"]
    assert api("GET", "/v1/store", token=token).status == 200
    assert api("PATCH", "/v1/store", {"name": "Mine"}, token=token).json["code"] == "permission_missing"
    assert [entry.actor_email for entry in audited("store.viewed")] == [person.email] * 2, "a look that was refused too"


@pytest.mark.parametrize("status", [StoreStatus.SUSPENDED, StoreStatus.CLOSED])
def test_a_store_that_is_shut_can_still_be_looked_at_by_its_members(database: Database, status: StoreStatus) -> None:
    person, here, there = member_of_two(status=status)
    answer = switch(token_of(person, here), there)
    assert answer.status == 200
    assert principal_context(answer.json["token"])["standing"] == "suspended"


def test_of_those_who_switch_at_once_with_one_token_one_gets_a_new_one(database: Database) -> None:
    person, here, there = member_of_two()
    token = token_of(person, here)
    answers = at_once(5, lambda _: switch(token, there))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 4
    assert len(found(Session)) == 1


def test_what_one_may_do_in_one_store_does_not_follow_into_another(database: Database) -> None:
    person, here, there = make_user(), make_store(), make_store()
    join(person, here, "STORE_ADMIN")
    join(person, there, permissions=["orders:read"])
    with everything() as session:
        plan = session.query(SubscriptionPlan).filter_by(slug="pro").one()
        session.add(StoreSubscription(store_id=here, plan_id=plan.id))
    context = principal_context(switch(token_of(person, here), there).json["token"])
    assert (context["permissions"], context["role"], context["requests_a_minute"]) == ("orders:read", "STAFF", 60)
