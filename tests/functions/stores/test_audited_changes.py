"""Each change that an admin makes is noted once: who, from where, with what was before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from shared.models import AuditLog
from shared.tenancy import platform_session
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import (
    Person,
    Shop,
    join,
    make_invitation,
    make_shop,
    make_super_admin,
    token_of,
)

IP = "198.51.100.23"


@dataclass(frozen=True)
class Scene:
    """A store with everything that can be changed."""

    shop: Shop
    staff: Person
    invitation: str
    platform: Person


Request = Callable[[Scene], tuple[str, str, Any]]
# What an admin of the store does, and the one row that tells of it.
BY_ADMIN: dict[str, tuple[Request, str]] = {
    "change": (lambda _: ("PATCH", "/v1/store", {"name": "New", "phone": "1"}), "store.updated"),
    "maintenance": (lambda _: ("PUT", "/v1/store/maintenance", {"enabled": True}), "store.updated"),
    "ask for a domain": (lambda _: ("PUT", "/v1/store/domain", {"domain": "b.example.com"}), "store.updated"),
    "give up the domain": (lambda _: ("DELETE", "/v1/store/domain", None), "store.updated"),
    "invite": (lambda _: ("POST", "/v1/store/staff", {"email": "new@example.com"}), "staff_invitation.created"),
    "resend": (
        lambda scene: ("POST", f"/v1/store/staff/invitations/{scene.invitation}/resend", None),
        "staff_invitation.updated",
    ),
    "withdraw": (
        lambda scene: ("DELETE", f"/v1/store/staff/invitations/{scene.invitation}", None),
        "staff_invitation.deleted",
    ),
    "promote": (
        lambda scene: ("PATCH", f"/v1/store/staff/{scene.staff.member_id}", {"role": "STORE_ADMIN"}),
        "user_store.updated",
    ),
    "let rest": (
        lambda scene: ("PATCH", f"/v1/store/staff/{scene.staff.member_id}", {"is_active": False}),
        "user_store.updated",
    ),
    "remove": (lambda scene: ("DELETE", f"/v1/store/staff/{scene.staff.member_id}", None), "user_store.deleted"),
    "choose a plan": (lambda _: ("PUT", "/v1/store/subscription", {"plan": "pro"}), "store_subscription.updated"),
    "cancel": (lambda _: ("DELETE", "/v1/store/subscription", None), "store_subscription.updated"),
    "delete": (lambda _: ("DELETE", "/v1/store?confirm=Lamps", None), "store.deleted"),
}
BY_PLATFORM: dict[str, tuple[Request, str]] = {
    "set a status": (lambda scene: ("PATCH", f"/v1/stores/{scene.shop.id}", {"status": "CLOSED"}), "store.updated"),
    "delete": (lambda scene: ("DELETE", f"/v1/stores/{scene.shop.id}?confirm=Lamps", None), "store.deleted"),
    "look": (lambda scene: ("GET", f"/v1/stores/{scene.shop.id}", None), "store.viewed"),
}


def scene_for(what: str) -> Scene:
    """A store that nothing keeps from being deleted when it shall be, and that pays otherwise."""
    plan = "free" if what == "delete" else "basic"
    shop = make_shop(plan, {"payment_method": "INVOICE"}, name="Lamps", domain="a.example.com")
    return Scene(
        shop,
        join(shop.id, permissions=["orders:read"]),
        make_invitation(shop.id, "guest@example.com"),
        make_super_admin(),
    )


def noted(store_id: str) -> list[AuditLog]:
    """The rows of a store."""
    with platform_session(reason="test", actor="tests") as session:
        return list(session.scalars(select(AuditLog).where(AuditLog.store_id == store_id)))


def check(row: AuditLog, action: str, by: Person) -> None:
    """Whether a row tells who did what, from where, and what was before and after."""
    assert (row.action, row.entity_type) == (action, action.split(".", maxsplit=1)[0])
    assert (row.user_id, row.actor_email, row.ip_address, row.user_agent) == (by.user_id, by.email, IP, "tests/1.0")
    before, after = row.before_snapshot, row.after_snapshot
    if action.endswith(("created", "viewed")):
        assert (before, bool(after)) == (None, True)
    elif action in {"user_store.deleted", "staff_invitation.deleted"}:
        assert (bool(before), after) == (True, None)
    else:
        assert before is not None
        assert after is not None
        assert before.keys() == after.keys()
        assert all(before[key] != after[key] for key in before)


@pytest.mark.parametrize("what", BY_ADMIN)
def test_what_an_admin_changes_is_noted_once(database: Database, what: str) -> None:
    request, action = BY_ADMIN[what]
    scene = scene_for(what)
    method, url, body = request(scene)

    answer = api(method, url, body, token=scene.shop.admin.token, ip=IP)

    assert answer.status < 300, answer.text
    (row,) = noted(scene.shop.id)
    check(row, action, scene.shop.admin)


@pytest.mark.parametrize("what", BY_PLATFORM)
def test_what_the_platform_does_is_noted_in_the_stores_own_log(database: Database, what: str) -> None:
    request, action = BY_PLATFORM[what]
    scene = scene_for(what)
    method, url, body = request(scene)

    answer = api(method, url, body, token=scene.platform.token, ip=IP)

    assert answer.status < 300, answer.text
    (row,) = noted(scene.shop.id)
    check(row, action, scene.platform)


def test_bringing_a_store_back_is_noted_once(database: Database) -> None:
    scene = scene_for("delete")
    api("DELETE", "/v1/store?confirm=Lamps", token=scene.shop.admin.token, ip=IP)
    token = token_of(scene.shop.admin.user_id)

    assert api("POST", f"/v1/stores/{scene.shop.id}/restore", token=token, ip=IP).status == 200

    (row,) = [row for row in noted(scene.shop.id) if row.action != "store.deleted"]
    check(row, "store.restored", scene.shop.admin)


@pytest.mark.parametrize("what", [what for what in BY_ADMIN if what != "delete"])
def test_what_is_only_read_or_refused_is_not_noted(database: Database, what: str) -> None:
    scene = scene_for(what)
    method, url, body = BY_ADMIN[what][0](scene)

    assert api(method, url, body, token=scene.staff.token).status == 403
    for read in ("/v1/store", "/v1/store/staff", "/v1/audit-log", "/v1/plans"):
        assert api("GET", read, token=scene.shop.admin.token).status == 200

    assert noted(scene.shop.id) == []
