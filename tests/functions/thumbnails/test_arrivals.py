"""News of pictures, as the queue brings it: late, twice, too early, or of nothing that anybody knows."""

import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import text, update

from functions.thumbnails import service
from functions.thumbnails.handler import _TRIES
from local.database import ROOT
from local.template import read_template
from shared import files
from shared.models import Media
from shared.models.base import new_id
from shared.tenancy import tenant_session
from tests.api import api
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.catalog.goods import ask, product
from tests.functions.catalog.uploading import BUCKET, added, keys, used
from tests.functions.stores.people import Shop, make_shop
from tests.functions.thumbnails.pictures import FILM, message, opened, picture, tell, told


def _key(shop: Shop, medium: dict[str, str]) -> str:
    return "media/" + medium["url"].partition("/media/")[2]


def _put(key: str, content: bytes) -> None:
    files.s3().put_object(Bucket=BUCKET, Key=key, Body=content)


def test_a_picture_gets_its_thumbnail_and_its_measures(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop, status="ACTIVE")["id"]
    medium = added(shop, at, picture("PNG", (1000, 500)))
    assert tell(told(_key(shop, medium))) == []

    [shown] = ask(shop, "GET", f"/v1/products/{at}").json["media"]
    url = f"https://media.example.com/thumbnails/{shop.id}/{medium['id']}.webp"
    assert shown == medium | {"thumbnail_url": url, "width": 1000, "height": 500}
    public = api("GET", "/v1/storefront/products/lamp", x_store=shop.slug).json
    assert (public["image"]["thumbnail_url"], public["media"][0]["thumbnail_url"]) == (url, url)
    served = files.s3().get_object(Bucket=BUCKET, Key=url.partition(".com/")[2])
    assert (served["ContentType"], served["CacheControl"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert opened(served["Body"].read()).size == (400, 200)
    assert used(shop) == medium["size"]


def test_a_picture_that_is_taken_away_takes_its_thumbnail_along(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    medium = added(shop, at)
    tell(told(_key(shop, medium)))
    assert len(keys()) == 2
    ask(shop, "DELETE", f"/v1/products/{at}/media/{medium['id']}")
    assert keys() == []
    assert tell(told(_key(shop, medium))) == []
    assert keys() == []


def test_news_that_comes_twice_changes_nothing(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    key = _key(shop, added(shop, at))
    news = [told(key, "1"), told(key, "2")]
    assert tell(*news) == []
    before = ask(shop, "GET", f"/v1/products/{at}")
    monkeypatch.setattr(service, "shrink", lambda _: pytest.fail("it was made anew"))
    assert tell(*news, tries=5) == []
    assert ask(shop, "GET", f"/v1/products/{at}").text == before.text


def test_a_picture_without_a_row_is_waited_for_and_deleted_in_the_end(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    key = f"media/{shop.id}/{new_id()}.jpg"
    _put(key, picture())
    for tries in range(1, _TRIES):
        assert tell(told(key, "early"), tries=tries) == ["early"]
        assert len(keys()) == 1
    assert tell(told(key), tries=_TRIES) == []
    assert keys() == []
    # Whoever tells of it again is believed that there was something.
    assert tell(told(key)) == []


def test_the_queue_hands_out_as_often_as_the_function_believes() -> None:
    queue = read_template(ROOT / "template.yaml").resources["ThumbnailQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == _TRIES


def test_a_row_that_is_committed_later_gets_its_thumbnail_at_the_next_try(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at, medium_id = product(shop)["id"], new_id()
    key = f"media/{shop.id}/{medium_id}.png"
    _put(key, picture("PNG"))
    assert tell(told(key, "early")) == ["early"]
    with tenant_session(shop.id) as session:
        session.add(Media(id=medium_id, product_id=at, url="x", size=1, mime_type="image/png", storage_key=key))
    assert tell(told(key), tries=2) == []
    assert ask(shop, "GET", f"/v1/products/{at}").json["media"][0]["width"] == 60


def test_a_picture_that_is_taken_away_meanwhile_leaves_no_thumbnail(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    medium = added(shop, at)
    shrink = service.shrink

    def slowly(data: bytes) -> object:
        ask(shop, "DELETE", f"/v1/products/{at}/media/{medium['id']}")
        return shrink(data)

    monkeypatch.setattr(service, "shrink", slowly)
    assert tell(told(_key(shop, medium))) == []
    assert keys() == []


def test_a_film_has_no_thumbnail(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    medium = added(shop, at, FILM, mime_type="video/mp4")
    assert tell(told(_key(shop, medium))) == []
    assert ask(shop, "GET", f"/v1/products/{at}").json["media"] == [medium]


def test_a_broken_picture_is_noted_and_not_tried_again(
    database: Database, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    medium = added(shop, at, picture(size=(300, 300))[:400])
    with caplog.at_level(logging.WARNING):
        assert tell(told(_key(shop, medium))) == []
    assert "no thumbnail" in caplog.text
    assert ask(shop, "GET", f"/v1/products/{at}").json["media"] == [medium]


def test_a_picture_that_is_too_large_is_not_read(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    medium = added(shop, product(shop)["id"])
    monkeypatch.setattr(service, "_MOST_BYTES", medium["size"] - 1)
    monkeypatch.setattr(service, "shrink", lambda _: pytest.fail("it was read"))
    assert tell(told(_key(shop, medium))) == []


def test_one_that_fails_does_not_hold_up_the_others(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    gone, good = added(shop, at), added(shop, at)
    files.s3().delete_object(Bucket=BUCKET, Key=_key(shop, gone))
    batch = (told(_key(shop, gone), "gone"), message("no JSON", "nonsense"), told(_key(shop, good), "good"))
    assert tell(*batch) == ["gone", "nonsense"]
    assert [one["width"] for one in ask(shop, "GET", f"/v1/products/{at}").json["media"]] == [None, 60]


def test_what_is_no_picture_of_a_shop_is_done_with(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    # S3's own trial of the queue, another folder, a store that never was, and one that is gone.
    gone = make_shop()
    key = _key(gone, added(gone, product(gone)["id"]))
    with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
        connection.execute(text("UPDATE stores SET deleted_at = now() WHERE id = :id"), {"id": gone.id})
    for news in (
        message(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})),
        told("thumbnails/a/b.webp"),
        told(f"media/{shop.id}/../x/b c+ü.jpg"),
        told(f"media/{new_id()}/{new_id()}.jpg"),
        told(key),
    ):
        assert tell(news, tries=_TRIES) == []
    assert len(keys()) == 1


def test_a_key_that_names_another_store_finds_nothing_there(database: Database, mailbox: Mailbox) -> None:
    shop, other = make_shop(), make_shop()
    at = product(shop)["id"]
    medium = added(shop, at)
    forged = f"media/{other.id}/{medium['id']}.jpg"
    _put(forged, picture())
    assert tell(told(forged, "forged")) == ["forged"]
    assert ask(shop, "GET", f"/v1/products/{at}").json["media"] == [medium]


def test_a_medium_that_lies_elsewhere_is_left_alone(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    medium = added(shop, at)
    with tenant_session(shop.id) as session:
        session.execute(update(Media).values(thumbnail_url="https://example.com/small.jpg"))
    assert tell(told(_key(shop, medium))) == []
    assert ask(shop, "GET", f"/v1/products/{at}").json["media"][0]["thumbnail_url"] == "https://example.com/small.jpg"


def test_nothing_but_this_function_and_the_papers_logo_decodes_pictures() -> None:
    importing = {
        path.parent.name
        for folder in ("functions", "shared")
        for path in Path(ROOT, folder).rglob("*.py")
        if "PIL" in path.read_text()
    }
    assert importing == {"papers", "thumbnails"}
