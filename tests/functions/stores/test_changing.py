"""Reading and changing the store that one works in, and what two do at once."""

from collections import Counter
from typing import Any

import pytest

from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import with_each

NOT_EMPTY = [
    "name",
    "email",
    "timezone",
    "language",
    "primary_color",
    "onboarding_completed",
    "allow_coupons_with_flash_sale",
    "settings",
]
MAY_BE_EMPTY = ["phone", "address", "tax_id", "logo_url", "favicon_url"]
CHANGES: dict[str, Any] = {
    "name": "Größe 2",
    "email": "new@example.com",
    "phone": "+48 600 000 000",
    "address": "1 Main St",
    "tax_id": "PL0000000000",
    "timezone": "Europe/Warsaw",
    "language": "pl",
    "logo_url": "https://example.com/logo.png",
    "favicon_url": "https://example.com/favicon.ico",
    "primary_color": "#1b7f5c",
    "onboarding_completed": True,
    "allow_coupons_with_flash_sale": False,
    "settings": {"theme": {"dark": True}, "columns": [1, 2.5, None]},
}
WRONG: list[tuple[str, str]] = [
    ('{"name": " "}', "name"),
    ('{"primary_color": "red"}', "primary_color"),
    ('{"logo_url": "javascript:alert(1)"}', "logo_url"),
    ('{"logo_url": "https://example.com/' + "a" * 500 + '"}', "logo_url"),
    ('{"settings": []}', "settings"),
    ('{"settings": {"a": NaN}}', "settings"),
    ('{"settings": {"a": [1e400]}}', "settings"),
    ('{"settings": {"a": "\\ud800"}}', "settings"),
    ('{"settings": {"\\ud800": 1}}', "settings"),
    ('{"settings": {"a": "' + "ä" * 32_768 + '"}}', "settings"),
    ('{"onboarding_completed": "perhaps"}', "onboarding_completed"),
    ('{"slug": "other"}', "slug"),
    ('{"currency": "PLN"}', "currency"),
    ('{"status": "ACTIVE"}', "status"),
    ('{"domain": "example.com"}', "domain"),
    ('{"deleted_at": null}', "deleted_at"),
]


def test_what_is_changed_is_read_and_the_rest_stays(either: Database) -> None:
    token = make_shop().admin.token
    before = api("GET", "/v1/store", token=token)

    for field, value in CHANGES.items():
        assert api("PATCH", "/v1/store", {field: value}, token=token).status == 200, field

    after = api("GET", "/v1/store", token=token).json
    assert {field: after[field] for field in CHANGES} == CHANGES
    assert after["version"] == before.json["version"] + len(CHANGES)
    assert {f for f, value in after.items() if before.json[f] != value} == {*CHANGES, "version", "updated_at"}


def test_a_change_that_changes_nothing_keeps_the_version(database: Database) -> None:
    token = make_shop(name="Lamps").admin.token
    before = api("GET", "/v1/store", token=token)

    for body in ({}, {"name": "Lamps"}):
        same = api("PATCH", "/v1/store", body, token=token)
        assert (same.status, same.headers["etag"]) == (200, before.headers["etag"])
    assert api("GET", "/v1/store", token=token).text == before.text


@pytest.mark.parametrize("field", NOT_EMPTY)
def test_what_must_be_there_cannot_be_emptied(database: Database, field: str) -> None:
    token = make_shop().admin.token
    before = api("GET", "/v1/store", token=token).text

    refused = api("PATCH", "/v1/store", {"phone": "123", field: None}, token=token)

    assert (refused.status, refused.json["errors"][0]["loc"]) == (422, ["body", field])
    assert api("GET", "/v1/store", token=token).text == before


def test_what_may_be_missing_can_be_emptied(database: Database) -> None:
    token = make_shop(phone="1", address="2", tax_id="3", logo_url="https://x.example", favicon_url="y").admin.token

    emptied = api("PATCH", "/v1/store", dict.fromkeys(MAY_BE_EMPTY), token=token)

    assert {field: emptied.json[field] for field in MAY_BE_EMPTY} == dict.fromkeys(MAY_BE_EMPTY)


@pytest.mark.parametrize(("body", "field"), WRONG, ids=[body[:40] for body, _ in WRONG])
def test_what_is_wrong_is_named_and_nothing_is_changed(database: Database, body: str, field: str) -> None:
    token = make_shop().admin.token
    before = api("GET", "/v1/store", token=token).text

    refused = api("PATCH", "/v1/store", body, token=token)

    assert (refused.status, refused.json["errors"][0]["loc"][:2]) == (422, ["body", field])
    assert api("GET", "/v1/store", token=token).text == before


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 200),
        ("*", 200),
        ('"1"', 200),
        ('"7", "1"', 200),
        ('"2"', 412),
        ("1", 412),
        ('W/"1"', 412),
        ('"1 "', 412),
        ("", 412),
        ('"7", "8"', 412),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        ("PATCH", "/v1/store", {"name": "New"}),
        ("PUT", "/v1/store/maintenance", {"enabled": True}),
        ("DELETE", "/v1/store?confirm=Lamps", None),
    ],
    ids=["change", "maintenance", "delete"],
)
def test_if_match_names_the_version_that_the_client_knows(
    database: Database, change: tuple[str, str, Any], if_match: str | None, status: int
) -> None:
    token = make_shop(plan="free", name="Lamps").admin.token
    assert api("GET", "/v1/store", token=token).headers["etag"] == '"1"'
    headers = {} if if_match is None else {"if_match": if_match}
    method, url, body = change

    answer = api(method, url, body, token=token, **headers)

    assert answer.status == (204 if status == 200 and method == "DELETE" else status)
    if status == 412:
        assert answer.json["code"] == "stale_version"
        assert api("GET", "/v1/store", token=token).headers["etag"] == '"1"'
    elif body:
        assert answer.headers["etag"] == f'"{answer.json["version"]}"' == '"2"'


def test_of_ten_who_change_the_version_they_read_one_wins(database: Database) -> None:
    token = make_shop().admin.token
    etag = api("GET", "/v1/store", token=token).headers["etag"]

    def change(number: int) -> tuple[int, str]:
        answer = api("PATCH", "/v1/store", {"name": f"Name {number}"}, token=token, if_match=etag)
        return answer.status, answer.json.get("name", "")

    answers = with_each(change, range(10))
    assert Counter(status for status, _ in answers) == {200: 1, 412: 9}
    stored = api("GET", "/v1/store", token=token).json
    assert (200, stored["name"]) in answers
    assert stored["version"] == 2
    entries = api("GET", "/v1/audit-log?action=store.updated", token=token).json["items"]
    assert [entry["after"] for entry in entries] == [{"name": stored["name"]}]
