"""A store always has an admin, whoever leaves, and however many do at once."""

from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.stores.people import Person, join, make_shop
from tests.functions.stores.test_members import DEMOTED, RESTS, change, members, remove
from tests.functions.stores.threads import together


@pytest.mark.parametrize("body", [RESTS, DEMOTED, None])
def test_the_last_admin_stays(either: Database, body: dict[str, Any] | None) -> None:
    shop = make_shop()
    join(shop.id, "STORE_ADMIN", is_active=False)
    join(shop.id)
    join(make_shop().id, "STORE_ADMIN")

    refused = remove(shop.admin, shop.admin) if body is None else change(shop.admin, shop.admin, body)

    assert (refused.status, refused.json["code"]) == (409, "last_admin")
    assert members(shop)[shop.admin.email]["role"] == "STORE_ADMIN"


@pytest.mark.parametrize("body", [RESTS, DEMOTED, None])
def test_an_admin_may_leave_when_another_stays(database: Database, body: dict[str, Any] | None) -> None:
    shop = make_shop()
    join(shop.id, "STORE_ADMIN")

    left = remove(shop.admin, shop.admin) if body is None else change(shop.admin, shop.admin, body)

    assert left.status == (204 if body is None else 200)


@pytest.mark.parametrize("plan", ["pro", None])
@pytest.mark.parametrize(("first", "second"), [(None, None), (RESTS, None), (DEMOTED, DEMOTED), (RESTS, DEMOTED)])
def test_two_admins_who_are_rid_of_each_other_at_once_leave_one(
    database: Database, plan: str | None, first: dict[str, Any] | None, second: dict[str, Any] | None
) -> None:
    def rid(by: Person, whom: Person, body: dict[str, Any] | None) -> int:
        answer = remove(by, whom) if body is None else change(by, whom, body)
        return int(answer.status)

    for _ in range(5):
        shop = make_shop(plan)
        other = join(shop.id, "STORE_ADMIN")
        statuses = together(lambda: rid(shop.admin, other, first), lambda: rid(other, shop.admin, second))  # noqa: B023
        # Who comes second is refused, or has lost the right to it already.
        assert [status in {200, 204} for status in statuses].count(True) == 1
        assert set(statuses) <= {200, 204, 403, 409, 412}
