"""Who a token stands for: the user, the store they work in while they belong to it, and what they may do there."""

from typing import Any

import pytest

from shared.models import PlatformMember, Role, Session, Store, StoreSubscription, SubscriptionPlan, User, UserStore
from shared.models.base import now
from shared.models.enums import SubscriptionStatus, UserStatus
from tests.api import principal_context
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import Person, change, everything, found, join, make_user, promote, token_of

NOBODY = {"kind": "none"}
STAFF = (
    "content:read customers:read inventory:read inventory:write orders:read orders:write pos:read pos:write "
    "pricing:read products:read products:write reviews:read reviews:write store:read"
)


def member(role: str = "STAFF", **given: Any) -> tuple[Person, str, str]:
    """A user, the store that they belong to, and a token that works there."""
    person, store_id = make_user(), make_store()
    join(person, store_id, role, **given)
    return person, store_id, token_of(person, store_id)


def place_of(person: Person) -> str:
    (place,) = found(UserStore, UserStore.user_id == person.id)
    return place.id


def test_a_member_has_the_permissions_of_the_role(either: Database) -> None:
    person, store_id, token = member()
    (session,) = found(Session)
    assert principal_context(token) == {
        "kind": "user",
        "user_id": person.id,
        "email": person.email,
        "session_id": session.id,
        "store_id": store_id,
        "role": "STAFF",
        "permissions": STAFF,
        "is_visitor": False,
        "standing": "active",
        "requests_a_minute": 60,
    }


def test_an_admin_may_do_everything_in_the_store_and_nothing_over_it(either: Database) -> None:
    _, _, token = member("STORE_ADMIN")
    context = principal_context(token)
    assert (context["role"], context["permissions"]) == ("STORE_ADMIN", "*")


@pytest.mark.parametrize("own", [[], ["orders:read"], ["products:read", "audit:read"]])
def test_a_members_own_permissions_replace_those_of_the_role(either: Database, own: list[str]) -> None:
    _, store_id, token = member(permissions=own)
    context = principal_context(token)
    assert (context["store_id"], context["permissions"]) == (store_id, " ".join(sorted(own)))


def test_what_an_authorizer_says_fits_what_api_gateway_passes_on(database: Database) -> None:
    _, _, token = member()
    assert {type(value) for value in principal_context(token).values()} == {str, bool, int}


@pytest.mark.parametrize("fate", ["rests", "removed", "store deleted", "of another store"])
def test_who_does_not_belong_to_the_store_any_more_is_in_none(either: Database, fate: str) -> None:
    person, store_id, token = member()
    if fate == "rests":
        change(UserStore, place_of(person), is_active=False)
    elif fate == "store deleted":
        change(Store, store_id, deleted_at=now())
    elif fate == "removed":
        with everything() as session:
            session.delete(session.get_one(UserStore, place_of(person)))
    else:
        token = token_of(person, make_store())
    context = principal_context(token)
    assert (context["user_id"], context["store_id"], context["role"]) == (person.id, "", "")
    assert (context["permissions"], context["is_visitor"]) == ("", False)


def test_who_works_in_no_store_is_known_all_the_same(either: Database) -> None:
    person = make_user()
    context = principal_context(token_of(person))
    assert (context["user_id"], context["store_id"], context["permissions"]) == (person.id, "", "")
    assert context["standing"] == "active"


def test_a_super_admin_visits_a_store(either: Database) -> None:
    person, store_id = make_user(), make_store()
    promote(person)
    context = principal_context(token_of(person, store_id))
    assert (context["store_id"], context["role"], context["is_visitor"]) == (store_id, "SUPER_ADMIN", True)
    assert context["permissions"] == "*:read platform:plans platform:stores"


def test_a_super_admin_in_no_store_or_a_deleted_one_keeps_the_platform(either: Database) -> None:
    person, gone = make_user(), make_store(deleted_at=now())
    promote(person)
    for token in (token_of(person), token_of(person, gone), token_of(person, "none")):
        context = principal_context(token)
        assert (context["store_id"], context["role"], context["is_visitor"]) == ("", "SUPER_ADMIN", False)


def test_a_super_admin_who_belongs_to_a_store_works_there(either: Database) -> None:
    person, store_id, token = member(permissions=["orders:write"])
    promote(person)
    context = principal_context(token)
    assert (context["store_id"], context["role"], context["is_visitor"]) == (store_id, "STAFF", False)
    assert context["permissions"] == "*:read orders:write platform:plans platform:stores"


def test_a_super_admin_whose_place_rests_is_a_visitor(database: Database) -> None:
    person, _, token = member("STORE_ADMIN", is_active=False)
    promote(person)
    context = principal_context(token)
    assert (context["is_visitor"], "*" in context["permissions"].split()) == (True, False)


def test_who_is_no_super_admin_any_more_is_told_so_at_once(database: Database) -> None:
    person = make_user()
    promote(person)
    token = token_of(person, make_store())
    with everything() as session:
        session.delete(session.query(PlatformMember).one())
    context = principal_context(token)
    assert (context["store_id"], context["role"], context["permissions"]) == ("", "", "")


@pytest.mark.parametrize(
    "fate", [{"status": UserStatus.SUSPENDED}, {"status": UserStatus.INACTIVE}, {"deleted_at": now()}]
)
def test_who_may_not_sign_in_is_nobody(either: Database, fate: dict[str, Any]) -> None:
    person, _, token = member()
    change(User, person.id, **fate)
    assert principal_context(token) == NOBODY


def test_a_change_of_role_or_permissions_is_seen_at_once(database: Database) -> None:
    person, _, token = member()
    change(UserStore, place_of(person), permissions=["orders:read"])
    assert principal_context(token)["permissions"] == "orders:read"
    (admin,) = found(Role, Role.slug == "STORE_ADMIN")
    change(UserStore, place_of(person), role_id=admin.id, permissions=None)
    assert principal_context(token)["permissions"] == "*"


@pytest.mark.parametrize(("plan", "requests"), [("free", 60), ("basic", 120), ("pro", 300), ("enterprise", 1000)])
def test_the_plan_says_how_many_requests_a_minute(database: Database, plan: str, requests: int) -> None:
    _, store_id, token = member()
    (row,) = found(SubscriptionPlan, SubscriptionPlan.slug == plan)
    with everything() as session:
        session.add(StoreSubscription(store_id=store_id, plan_id=row.id, status=SubscriptionStatus.ACTIVE))
    assert principal_context(token)["requests_a_minute"] == requests
