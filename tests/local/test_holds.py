"""`stormcom holds`: what the platform keeps from being purged or erased, of deleted stores and customers too."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from local.cli import app
from shared.models import AuditLog, LegalHold
from shared.models.base import now
from shared.tenancy import scheduled_session, tenant_session
from tests.conftest import Database
from tests.factories import customer_of, make_product, make_store
from tests.functions.purge.purging import DAY, NOON, delete_at, ids, purged


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["holds", *arguments])
    return done.exit_code, done.output


def _placed(*arguments: str) -> str:
    code, said = _run("place", *arguments)
    found = re.fullmatch(r"Placed (\w+)\.\n", said)
    assert (code, found is not None) == (0, True), said
    return found.group(1)  # type: ignore[union-attr] - as above


def _holds() -> list[LegalHold]:
    with scheduled_session() as session:
        return list(session.scalars(select(LegalHold).order_by(LegalHold.created_at)))


def test_a_hold_of_a_store_is_placed_listed_obeyed_and_released(either: Database) -> None:
    store_id = make_store(slug="lamps")
    product = make_product(store_id)
    delete_at("products", product, NOON - 91 * DAY)

    hold_id = _placed("lamps", "--reason", "court order 12/26")

    (hold,) = _holds()
    assert (hold.store_id, hold.customer_id, hold.by_platform, hold.until) == (store_id, None, True, None)
    assert f"{hold_id}  lamps: the whole store, by stormcom holds: court order 12/26" in _run("list")[1]
    purged()
    assert ids(either, "products") == {product}
    assert _run("release", hold_id) == (0, "Released.\n")
    assert _run("list") == (0, "")
    purged()
    assert ids(either, "products") == set()
    with scheduled_session() as session:
        told = session.scalars(select(AuditLog.action).where(AuditLog.entity_type == "legal_hold")).all()
    assert sorted(told) == ["legal_hold.created", "legal_hold.updated"]


def test_a_customer_is_held_until_a_day_though_they_are_deleted_with_their_store(either: Database) -> None:
    store_id = make_store(slug="lamps")
    customer = customer_of(email="ada@example.com")
    with tenant_session(store_id) as session:
        session.add(customer)
    delete_at("customers", customer.id, NOON - 91 * DAY)
    delete_at("stores", store_id, NOON - 10 * DAY)

    until = (now() + timedelta(days=400)).date()
    _placed("lamps", "--reason", "a suit", "--customer-email", "Ada@Example.com", "--until", until.isoformat())

    (hold,) = _holds()
    assert (hold.customer_id, hold.until.date() if hold.until else None) == (customer.id, until)
    assert f"customer {customer.id} until {until}" in _run("list")[1]
    purged()
    assert customer.id in ids(either, "customers")


def test_a_hold_whose_day_has_come_is_in_force_no_more(sqlite: Database) -> None:
    _placed(make_store(slug="lamps") and "lamps", "--reason", "a suit")
    with scheduled_session() as session:
        session.scalars(select(LegalHold)).one().until = now() - timedelta(days=1)

    assert _run("list") == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing", "--reason", "a suit"), "no such store"),
        (("lamps", "--reason", " "), "Say why"),
        (("lamps", "--reason", "a suit", "--customer-email", "bob@example.com"), "no such customer"),
        (("lamps", "--reason", "a suit", "--until", "2020-01-01"), "in the past"),
    ],
)
def test_what_cannot_be_held_is_said_and_nothing_is_placed(
    sqlite: Database, arguments: tuple[str, ...], said: str
) -> None:
    make_store(slug="lamps")

    code, output = _run("place", *arguments)

    assert (code, said in output) == (1, True)
    assert _holds() == []


def test_a_hold_that_is_not_there_or_over_is_not_released(sqlite: Database) -> None:
    make_store(slug="lamps")
    hold_id = _placed("lamps", "--reason", "a suit")
    assert _run("release", hold_id)[0] == 0

    assert _run("release", hold_id) == _run("release", "nothing") == (1, "There is no such hold in force.\n")
