"""What a plan allows of storage holds to the byte, however many confirm at once."""

from functools import partial

import pytest
from sqlalchemy import select, update

from shared.models import AccountMail, StoreSubscription, SubscriptionPlan
from shared.tenancy import platform_session
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.catalog.goods import ask, product
from tests.functions.catalog.uploading import added, begin, confirm, keys, rows, uploaded, used
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together
from tests.functions.thumbnails.pictures import picture

FREE = 100 * 1024 * 1024
SIZE = len(picture())


def _fill(shop: Shop, count: int) -> None:
    with platform_session(reason="test", actor="tests") as session:
        session.execute(
            update(StoreSubscription).where(StoreSubscription.store_id == shop.id).values(storage_bytes=count)
        )


def _mails() -> int:
    with platform_session(reason="test", actor="tests") as session:
        return len(session.scalars(select(AccountMail)).all())


@pytest.fixture
def shop(database: Database, mailbox: Mailbox) -> Shop:
    return make_shop("free")


def test_the_last_byte_may_be_used_and_not_one_more(shop: Shop) -> None:
    at = product(shop)["id"]
    _fill(shop, FREE - SIZE + 1)
    refused = begin(shop, at, size=SIZE)
    assert (refused.status, refused.json["code"], refused.json["limit"]) == (402, "plan_limit_reached", "storage")
    assert (refused.json["allowed"], refused.json["plan"], rows(shop)) == (100, "free", (0, 0))
    _fill(shop, FREE - SIZE)
    added(shop, at)
    assert used(shop) == FREE


def test_asking_for_a_form_takes_nothing_and_tells_nobody(shop: Shop) -> None:
    at = product(shop)["id"]
    _fill(shop, FREE * 8 // 10 - 1)
    answer = begin(shop, at, size=SIZE)
    assert answer.status == 201
    assert (used(shop), _mails()) == (FREE * 8 // 10 - 1, 0)


def test_a_store_that_was_filled_meanwhile_keeps_the_upload_and_publishes_nothing(shop: Shop) -> None:
    at = product(shop)["id"]
    upload = uploaded(shop, at, picture())
    _fill(shop, FREE - SIZE + 1)
    assert confirm(shop, at, upload).status == 402
    assert (keys(), used(shop), rows(shop)) == ([f"incoming/{upload}"], FREE - SIZE + 1, (0, 1))
    with platform_session(reason="test", actor="tests") as session:
        larger = session.scalars(select(SubscriptionPlan.id).where(SubscriptionPlan.slug == "basic")).one()
        session.execute(update(StoreSubscription).values(plan_id=larger))
    assert confirm(shop, at, upload).status == 201


@pytest.mark.parametrize("of", ["one product", "several products"])
def test_of_many_who_confirm_at_once_the_last_bytes_go_to_one(shop: Shop, of: str) -> None:
    ids = [product(shop, name=name)["id"] for name in "abcd"]
    at = ids if of == "several products" else ids[:1] * 4
    uploads = [uploaded(shop, product_id, picture()) for product_id in at]
    _fill(shop, FREE - SIZE)
    acts = [partial(confirm, shop, product_id, upload) for product_id, upload in zip(at, uploads, strict=True)]
    assert sorted(answer.status for answer in together(*acts)) == [201, 402, 402, 402]
    assert (used(shop), rows(shop)) == (FREE, (1, 3))
    assert [key.partition("/")[0] for key in keys()] == ["incoming"] * 3 + ["media"]


def test_taking_away_twice_at_once_gives_back_once(shop: Shop) -> None:
    at = product(shop)["id"]
    kept, gone = added(shop, at), added(shop, at)
    path = f"/v1/products/{at}/media/{gone['id']}"
    answers = together(*[partial(ask, shop, "DELETE", path)] * 3)
    assert sorted(answer.status for answer in answers) == [204, 404, 404]
    assert used(shop) == kept["size"]


def test_what_fails_after_the_copy_counts_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    at = product(shop)["id"]
    upload = uploaded(shop, at, picture())
    with monkeypatch.context() as broken:
        broken.setattr("functions.catalog.uploads.after_commit", lambda *_: 1 / 0)
        assert confirm(shop, at, upload).status == 500
    assert (used(shop), rows(shop)) == (0, (0, 1))
    assert keys() == [f"incoming/{upload}", f"media/{upload}.jpg"]
    assert confirm(shop, at, upload).status == 201
    assert (used(shop), keys()) == (SIZE, [f"media/{upload}.jpg"])


def test_without_a_subscription_nothing_is_stored(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    with platform_session(reason="test", actor="tests") as session:
        for row in session.scalars(select(StoreSubscription).where(StoreSubscription.store_id == shop.id)):
            session.delete(row)
    assert begin(shop, at).status == 402
