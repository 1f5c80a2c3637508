"""What is not what it was announced as never gets to where the world reads it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from shared import files
from shared.models.base import now
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.catalog.goods import ask, places, product
from tests.functions.catalog.uploading import begin, confirm, keys, post, rows, uploaded, used
from tests.functions.stores.people import Shop, make_shop, signed_in_again
from tests.functions.thumbnails.pictures import FILM, picture

DISGUISED = {
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a drawing behind a declaration": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a program": b"MZ\x90\x00" + bytes(200),
    "another program": b"\x7fELF\x02\x01\x01" + bytes(200),
    "a document": b"%PDF-1.7\n" + bytes(200),
    "an archive": b"PK\x03\x04" + bytes(200),
    "a text": b"hello",
    "a picture of a kind that is not shown": b"BM" + bytes(100),
    "a script that begins like a picture": b"GIF = 1; alert(1)",
    "a page that begins like a picture": b"GIF89a<ScRiPt >alert(1)</script>",
    "a page inside of a picture": picture()[:20] + b"<html><body>" + picture()[20:],
    "a server's page inside of a picture": picture("PNG") + b"<?php system('x'); ?>",
}


def _refused(shop: Shop, at: str, upload: str, code: str) -> None:
    answer = confirm(shop, at, upload)
    assert (answer.status, answer.json["code"]) == (422, code)
    assert (keys(), used(shop), rows(shop)) == ([], 0, (0, 1))


@pytest.mark.parametrize("name", DISGUISED)
def test_a_disguised_file_is_refused_and_deleted(database: Database, mailbox: Mailbox, name: str) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    _refused(shop, at, uploaded(shop, at, DISGUISED[name]), "wrong_file_type")


def test_a_film_is_no_picture_and_a_picture_no_film(database: Database, mailbox: Mailbox) -> None:
    for announced, content in (("image/jpeg", FILM), ("video/mp4", picture())):
        shop = make_shop()
        at = product(shop)["id"]
        _refused(shop, at, uploaded(shop, at, content, mime_type=announced), "wrong_file_type")


def test_another_size_than_announced_is_refused(database: Database, mailbox: Mailbox) -> None:
    for size, content in ((len(picture()) - 1, picture()), (100, b"")):
        shop = make_shop()
        at = product(shop)["id"]
        # S3 itself refuses it; nobody should have to rely on that.
        _refused(shop, at, uploaded(shop, at, content, size=size), "wrong_file_size")


def test_after_a_refusal_the_form_is_still_good(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    form = begin(shop, at).json
    post(form, b"hello")
    assert confirm(shop, at, form["id"]).status == 422
    post(form, picture())
    assert confirm(shop, at, form["id"]).status == 201


def test_a_file_that_is_not_there_yet_is_waited_for(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    form = begin(shop, at).json
    answer = confirm(shop, at, form["id"])
    assert (answer.status, answer.json["code"]) == (409, "not_uploaded")
    post(form, picture())
    assert confirm(shop, at, form["id"]).status == 201


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"mime_type": "image/jpeg", "size": 10 * 1024 * 1024 + 1}, "size"),
        ({"mime_type": "video/mp4", "size": 50 * 1024 * 1024 + 1}, "size"),
        ({"size": 0}, "size"),
        ({"size": -5}, "size"),
        ({"mime_type": "image/svg+xml"}, "mime_type"),
        ({"mime_type": "text/html"}, "mime_type"),
        ({"key": "media/x.jpg"}, "key"),
    ],
)
def test_what_no_product_shows_gets_no_form(
    database: Database, mailbox: Mailbox, asked: dict[str, Any], where: str
) -> None:
    shop = make_shop()
    assert places(begin(shop, product(shop)["id"], **asked)) == [["body", where]]
    assert rows(shop) == (0, 0)


def test_the_largest_of_each_kind_get_one(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    assert begin(shop, at, size=10 * 1024 * 1024).status == 201
    assert begin(shop, at, mime_type="video/mp4", size=50 * 1024 * 1024).status == 201


def test_an_upload_expires_a_quarter_of_an_hour_after_its_form(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    first, second = (uploaded(shop, at, picture()) for _ in range(2))
    with time_machine.travel(now() + timedelta(minutes=29)):
        assert confirm(shop, at, first).status == 201
    with time_machine.travel(now() + timedelta(minutes=31)):
        late = confirm(shop, at, second)
        assert (late.status, late.json["code"]) == (409, "upload_expired")
        assert begin(shop, at).status == 201
        # The new one has cleared the old away.
        assert rows(shop) == (1, 1)


def test_ten_are_the_most_those_on_their_way_counted(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop, media=[{"url": f"https://example.com/{n}.jpg"} for n in range(8)])["id"]
    ninth, _tenth = (uploaded(shop, at, picture()) for _ in range(2))
    more = {"url": "https://example.com/x.jpg"}
    for answer in (begin(shop, at), ask(shop, "POST", f"/v1/products/{at}/media", more)):
        assert (answer.status, answer.json["code"]) == (409, "too_many_media")
    assert confirm(shop, at, ninth).status == 201
    assert begin(shop, at).status == 409
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert begin(signed_in_again(shop), at).status == 201


def test_those_of_another_product_or_store_are_not_there(either: Database, mailbox: Mailbox) -> None:
    shop, other = make_shop(), make_shop()
    at = product(shop)["id"]
    upload = uploaded(shop, at, picture())
    never = confirm(shop, at, "none")
    for asker, of in ((shop, product(shop)["id"]), (other, product(other)["id"]), (other, at)):
        answer = confirm(asker, of, upload)
        assert answer.status == never.status == 404
        assert asker is shop or shop.id not in answer.text
    assert begin(other, at).status == 404
    assert confirm(shop, at, upload).status == 201
    assert confirm(other, product(other)["id"], upload).status == 404


def test_nothing_is_uploaded_to_a_deleted_product(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    upload = uploaded(shop, at, picture())
    ask(shop, "DELETE", f"/v1/products/{at}")
    assert (begin(shop, at).status, confirm(shop, at, upload).status) == (404, 404)


def test_a_file_that_is_replaced_after_it_was_looked_at_is_not_published(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    at = product(shop)["id"]
    form = begin(shop, at).json
    post(form, picture())
    bucket = files.s3()

    def replace(params: dict[str, Any], **_: Any) -> None:
        bucket.meta.events.unregister("before-parameter-build.s3.CopyObject", replace)
        post(form, b"<html>")
        # moto copies it all the same.
        there = bucket.head_object(Bucket=params["Bucket"], Key=form["fields"]["key"])
        if params["CopySourceIfMatch"] != there["ETag"]:
            failed: Any = {"Error": {"Code": "PreconditionFailed"}, "ResponseMetadata": {"HTTPStatusCode": 412}}
            raise ClientError(failed, "CopyObject")

    bucket.meta.events.register("before-parameter-build.s3.CopyObject", replace)
    answer = confirm(shop, at, form["id"])
    assert (answer.status, answer.json["code"]) == (409, "upload_changed")
    assert keys() == [f"incoming/{form['id']}"]
    assert confirm(shop, at, form["id"]).json["code"] == "wrong_file_type"
