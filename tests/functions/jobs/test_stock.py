"""Whether the stock adds up, and what is running out."""

import pytest
from sqlalchemy import select, update

from shared.models import AccountMail, Variant
from shared.tenancy import identity_session, tenant_session
from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import make_product, product_of, variant_of
from tests.functions.jobs.clockwork import NOON, counts, run, runs
from tests.functions.jobs.due import DAY, end_trial, open_store, variant_in, write
from tests.functions.stores.people import make_shop


def _digests() -> list[dict[str, object]]:
    with identity_session() as session:
        query = select(AccountMail).where(AccountMail.template == "low_stock").order_by(AccountMail.created_at)
        return [mail.details for mail in session.scalars(query)]


def test_a_stock_that_does_not_add_up_is_an_error(own_shops: Database, caplog: pytest.LogCaptureFixture) -> None:
    assert run("check_ledger")["counts"] == {"stores": 2}

    with own_shops.engine("PLATFORM_DATABASE_URL").begin() as connection:
        table = Variant.__table__
        sku = connection.scalar(select(table.c.sku).where(table.c.stock_quantity > 0).order_by(table.c.id).limit(1))
        change = update(Variant.__table__).where(table.c.sku == sku)
        connection.execute(change.values(stock_quantity=table.c.stock_quantity + 1))
    outcome = run("check_ledger")

    assert outcome["status"] == "FAILED"
    assert outcome["counts"] == {"stores": 2, "differences": 1}
    assert "1 differences" in str(runs("check_ledger")[-1].error)
    assert "a variant's stock is not what its ledger says" in caplog.text


def test_a_digest_a_day_tells_what_is_running_out(mailbox: Mailbox, database: Database) -> None:
    shop = make_shop(name="Lamps", email="owner@example.com")
    low = variant_in(shop.id, sku="LOW", stock_quantity=2, low_stock_threshold=5)
    variant_in(shop.id, sku="PLENTY", stock_quantity=6, low_stock_threshold=5)
    variant_in(shop.id, sku="FREE", stock_quantity=0, track_inventory=False)
    draft = product_of(status="DRAFT", published_at=None)
    write(shop.id, draft, variant_of(draft.id, stock_quantity=0))
    make_product(open_store())

    assert [counts("low_stock_digest") for _ in range(3)] == [{"digests": 1}, {}, {}]
    deliver_mails()
    [mail] = mailbox.mails()
    assert (mail.to, mail.subject) == ("owner@example.com", "Lamps: 1 product is running out")
    assert "LOW Product" in mail.text
    assert "2 left (threshold 5)" in mail.text
    assert counts("low_stock_digest", NOON + DAY) == {"digests": 1}
    with tenant_session(shop.id) as session:
        session.get_one(Variant, low).stock_quantity = 6
    assert counts("low_stock_digest", NOON + 2 * DAY) == {}


def test_a_digest_stays_short_and_a_closed_store_gets_none(database: Database) -> None:
    store, closed = open_store(), open_store()
    product = product_of()
    write(store, product, *(variant_of(product.id, stock_quantity=0, is_default=not n) for n in range(60)))
    variant_in(closed, stock_quantity=0)
    end_trial(closed, NOON - 30 * DAY)
    counts("subscriptions")

    counts("low_stock_digest")

    [digest] = _digests()
    assert (digest["count"], digest["more"], len(list(digest["lines"]))) == ("60", "10", 50)  # type: ignore[call-overload]
