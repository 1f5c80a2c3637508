"""A browser puts a file into S3 with a signed form, and once confirmed it is a picture of the product."""

import base64
import json
from datetime import datetime
from functools import partial

import pytest

from shared import files
from shared.models.base import now
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.catalog.goods import ask, product
from tests.functions.catalog.uploading import BUCKET, added, begin, confirm, keys, post, rows, uploaded, used
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import together
from tests.functions.thumbnails.pictures import FILM, opened, picture


def test_a_file_that_was_posted_becomes_a_picture_behind_the_others(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop, media=[{"url": "https://example.com/a.jpg", "is_featured": True}])["id"]
    content = picture()
    form = begin(shop, at, size=len(content), alt_text="The lamp", is_featured=True).json
    post(form, content)
    answer = confirm(shop, at, form["id"])

    key = f"media/{shop.id}/{form['id']}.jpg"
    assert answer.status == 201
    assert answer.json == {
        "id": form["id"],
        "url": f"https://media.example.com/{key}",
        "thumbnail_url": None,
        "alt_text": "The lamp",
        "mime_type": "image/jpeg",
        "size": len(content),
        "width": None,
        "height": None,
        "display_order": 1,
        "is_featured": True,
    }
    shown = ask(shop, "GET", f"/v1/products/{at}").json["media"]
    assert [one["is_featured"] for one in shown] == [False, True]
    assert (keys(), used(shop), rows(shop)) == ([f"media/{form['id']}.jpg"], len(content), (2, 0))
    served = files.s3().get_object(Bucket=BUCKET, Key=key)
    assert (served["Body"].read(), served["ContentType"]) == (content, "image/jpeg")
    assert (served["ContentDisposition"], served["CacheControl"]) == ("inline", "public, max-age=31536000, immutable")


def test_a_form_lets_one_file_of_that_type_and_size_arrive_for_a_quarter_of_an_hour(
    database: Database, mailbox: Mailbox
) -> None:
    shop = make_shop()
    form = begin(shop, product(shop)["id"], mime_type="image/png", size=4711).json
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    key = f"incoming/{shop.id}/{form['id']}"

    for condition in (
        {"bucket": BUCKET},
        {"key": key},
        {"Content-Type": "image/png"},
        ["content-length-range", 1, 4711],
    ):
        assert condition in policy["conditions"]
    assert (form["fields"]["key"], form["fields"]["Content-Type"]) == (key, "image/png")
    for moment in (policy["expiration"], form["expires_at"]):
        assert 890 < (datetime.fromisoformat(moment) - now()).total_seconds() <= 901
    assert form["url"].endswith(f"amazonaws.com/{BUCKET}")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_what_it_really_is_counts(database: Database, mailbox: Mailbox, kind: str) -> None:
    shop = make_shop()
    announced = "image/png" if kind == "JPEG" else "image/jpeg"
    found = added(shop, product(shop)["id"], picture(kind), mime_type=announced)

    extension = "jpg" if kind == "JPEG" else kind.lower()
    assert found["mime_type"] == f"image/{kind.lower()}"
    assert found["url"].endswith(f"/{found['id']}.{extension}")
    key = f"media/{shop.id}/{found['id']}.{extension}"
    assert files.s3().head_object(Bucket=BUCKET, Key=key)["ContentType"] == found["mime_type"]


def test_a_film_is_taken_too(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    found = added(shop, product(shop)["id"], FILM, mime_type="video/mp4")
    assert (found["mime_type"], found["url"].rpartition(".")[2]) == ("video/mp4", "mp4")


def test_a_png_that_moves_is_a_png(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    moving = picture("PNG", save_all=True, append_images=[opened(picture(color=(9, 9, 9)))])
    assert b"acTL" in moving
    assert added(shop, product(shop)["id"], moving)["mime_type"] == "image/png"


def test_confirming_again_changes_nothing(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    first = added(shop, at)
    before = ask(shop, "GET", f"/v1/products/{at}").headers["etag"]

    again = confirm(shop, at, first["id"])
    assert (again.status, again.json) == (201, first)
    assert (used(shop), rows(shop), len(keys())) == (first["size"], (1, 0), 1)
    assert ask(shop, "GET", f"/v1/products/{at}").headers["etag"] == before


def test_several_who_confirm_at_once_get_the_same(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    upload = uploaded(shop, at, picture())
    answers = together(*[partial(confirm, shop, at, upload)] * 4)

    assert [answer.status for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    assert (used(shop), rows(shop), len(keys())) == (len(picture()), (1, 0), 1)


def test_several_uploads_that_are_confirmed_at_once_are_all_there(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    acts = [partial(confirm, shop, at, uploaded(shop, at, picture(), is_featured=True)) for _ in range(6)]

    assert [answer.status for answer in together(*acts)] == [201] * 6
    shown = ask(shop, "GET", f"/v1/products/{at}").json["media"]
    assert [one["display_order"] for one in shown] == list(range(6))
    assert [one["is_featured"] for one in shown].count(True) == 1
    assert (used(shop), rows(shop), len(keys())) == (6 * len(picture()), (6, 0), 6)


def test_a_confirmed_upload_is_a_change_of_the_product(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    before = ask(shop, "GET", f"/v1/products/{at}").headers["etag"]
    added(shop, at)
    assert ask(shop, "PATCH", f"/v1/products/{at}", {"name": "B"}, if_match=before).status == 412


def test_a_picture_that_is_taken_away_frees_its_storage(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    first, second = added(shop, at), added(shop, at, picture("PNG"))
    assert ask(shop, "DELETE", f"/v1/products/{at}/media/{first['id']}").status == 204

    assert (used(shop), keys()) == (second["size"], [f"media/{second['id']}.png"])
    assert confirm(shop, at, first["id"]).status == 404


def test_a_deleted_product_keeps_its_pictures(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    found = added(shop, at)
    ask(shop, "DELETE", f"/v1/products/{at}")
    assert (used(shop), len(keys())) == (found["size"], 1)
    assert ask(shop, "POST", f"/v1/products/{at}/restore").json["media"] == [found]


def test_a_bucket_that_does_not_answer_does_not_keep_a_picture(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    found = added(shop, at)
    monkeypatch.setattr(files.s3(), "delete_object", lambda **_: 1 / 0)
    assert ask(shop, "DELETE", f"/v1/products/{at}/media/{found['id']}").status == 204
    assert (used(shop), rows(shop)) == (0, (0, 0))


def test_what_begins_or_is_confirmed_twice_with_a_key_is_answered_once(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    path, body = f"/v1/products/{at}/media/uploads", {"mime_type": "image/png", "size": 9}
    first, second = (ask(shop, "POST", path, body, idempotency_key="one") for _ in range(2))
    assert first.text == second.text
    assert rows(shop) == (0, 1)
