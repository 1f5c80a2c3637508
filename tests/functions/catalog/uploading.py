"""What tests of uploads do again and again: ask for a form, post a file with it, confirm it, look into the bucket."""

from typing import Any

import requests
from sqlalchemy import func, select

from shared import files
from shared.models import Media, MediaUpload, StoreSubscription
from shared.tenancy import tenant_session
from tests.calls import Answer
from tests.functions.catalog.goods import ask
from tests.functions.stores.people import Shop
from tests.functions.thumbnails.pictures import picture

BUCKET = "stormcom-media"


def begin(shop: Shop, product_id: str, **given: Any) -> Answer:
    """The answer to somebody who asks for a form."""
    body = {"mime_type": "image/jpeg", "size": 100_000} | given
    return ask(shop, "POST", f"/v1/products/{product_id}/media/uploads", body)


def post(form: dict[str, Any], content: bytes) -> None:
    """What a browser does with a form."""
    answer = requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=5)
    assert answer.status_code == 204, answer.text


def confirm(shop: Shop, product_id: str, upload_id: str) -> Answer:
    """The answer to somebody who says that the file is there."""
    return ask(shop, "POST", f"/v1/products/{product_id}/media/uploads/{upload_id}/confirm")


def uploaded(shop: Shop, product_id: str, content: bytes, **given: Any) -> str:
    """The id of an upload whose file has been posted."""
    form = begin(shop, product_id, **({"size": max(len(content), 1)} | given)).json
    post(form, content)
    upload_id: str = form["id"]
    return upload_id


def added(shop: Shop, product_id: str, content: bytes | None = None, **given: Any) -> dict[str, Any]:
    """A medium that was uploaded and confirmed."""
    answer = confirm(shop, product_id, uploaded(shop, product_id, content or picture(), **given))
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def keys() -> list[str]:
    """The objects of the bucket, by the first part of their keys and the last."""
    found = files.s3().list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return sorted(f"{one['Key'].partition('/')[0]}/{one['Key'].rpartition('/')[2]}" for one in found)


def used(shop: Shop) -> int:
    """The bytes that count of a store's storage."""
    with tenant_session(shop.id) as session:
        return session.scalars(select(StoreSubscription.storage_bytes)).one()


def rows(shop: Shop) -> tuple[int, int]:
    """How many media and how many uploads a store has."""
    with tenant_session(shop.id) as session:
        counts = [session.scalar(select(func.count()).select_from(model)) for model in (Media, MediaUpload)]
    return counts[0] or 0, counts[1] or 0
