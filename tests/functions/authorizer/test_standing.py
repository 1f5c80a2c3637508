"""How far the store of a token may work, by its status and the dates of its subscription."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from shared.models import StoreSubscription, SubscriptionPlan
from shared.models.enums import StoreStatus, SubscriptionStatus
from tests.api import principal_context
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import START, everything, found, join, make_user, promote, token_of

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TRIAL, CANCELED = SubscriptionStatus.TRIAL, SubscriptionStatus.CANCELED


def standing(later: timedelta = timedelta(0), *, visits: bool = False, store: str = "ACTIVE", **plan: Any) -> str:
    """The standing of a new store, with a subscription if one is given, some time after START."""
    store_id, person = make_store(status=StoreStatus(store)), make_user()
    if visits:
        promote(person)
    else:
        join(person, store_id)
    if plan:
        (row,) = found(SubscriptionPlan, SubscriptionPlan.slug == "basic")
        with everything() as session:
            session.add(StoreSubscription(store_id=store_id, plan_id=row.id, start_date=START - 60 * DAY, **plan))
    with time_machine.travel(START + later, tick=False):
        context = principal_context(token_of(person, store_id))
        assert context["store_id"] == store_id
        return str(context["standing"])


@pytest.mark.parametrize("end", [{"status": TRIAL, "trial_end_date": START}, {"status": CANCELED, "end_date": START}])
@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (-DAY, "active"),
        (timedelta(0), "active"),
        (SECOND, "grace"),
        (7 * DAY, "grace"),
        (7 * DAY + SECOND, "suspended"),
        (365 * DAY, "suspended"),
    ],
)
def test_an_end_is_followed_by_seven_days_of_grace(
    database: Database, end: dict[str, Any], later: timedelta, expected: str
) -> None:
    assert standing(later, **end) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ACTIVE", "active"),
        ("PAST_DUE", "grace"),
        ("EXPIRED", "suspended"),
        ("TRIAL", "suspended"),
        ("CANCELED", "suspended"),
    ],
)
def test_without_an_end_the_subscriptions_status_says_it(either: Database, status: str, expected: str) -> None:
    assert standing(status=SubscriptionStatus(status)) == expected


@pytest.mark.parametrize("status", ["SUSPENDED", "CLOSED"])
@pytest.mark.parametrize("visits", [False, True])
def test_a_store_that_the_platform_has_shut_is_suspended_whatever_was_paid(
    database: Database, status: str, visits: bool
) -> None:
    assert standing(store=status, visits=visits, status=SubscriptionStatus.ACTIVE) == "suspended"
    assert standing(store=status, visits=visits) == "suspended"


def test_a_store_without_a_subscription_is_active(database: Database) -> None:
    assert standing() == "active"
