"""Gives a picture its thumbnail and its measures, in the session of the store that its key names.

S3 may tell of an object twice, late, or before the row of its medium is committed; whatever comes, the same is there in
the end. An object that still has no row at the last try is what a confirmation has left that came to nothing.
"""

import logging
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from functions.thumbnails.shrinking import Thumbnail, UnreadableError, shrink
from shared.errors import NoSuchStoreError
from shared.files import s3, thumbnail_key
from shared.models import Media
from shared.settings import settings
from shared.tenancy import tenant_session

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

log = logging.getLogger(__name__)

_MOST_BYTES = 50 * 1024 * 1024
_MEDIUM = re.compile(r"media/(?P<store>\w+)/(?P<medium>\w+)\.\w+")


class NotYetError(LookupError):
    """The medium has no row yet."""


def make_thumbnail(key: str, *, is_last_try: bool) -> None:
    """Make the thumbnail of an object, unless it has one or is no picture. Raises NotYetError, and what S3 raises."""
    named = _MEDIUM.fullmatch(key)
    if named is None:
        log.warning("an object that is no medium", extra={"key": key})
        return
    store_id, medium_id = named["store"], named["medium"]
    try:
        medium = _medium_of(store_id, medium_id)
    except NoSuchStoreError:
        return  # what is left of a store is for the purge
    if medium is None:
        _give_up(key, is_last_try=is_last_try)
    elif medium.thumbnail_url is None and medium.mime_type.startswith("image/"):
        thumbnail = _thumbnail_of(key)
        if thumbnail is not None:
            _keep(store_id, medium_id, thumbnail)


def _medium_of(store_id: str, medium_id: str) -> Media | None:
    with tenant_session(store_id) as session:
        return session.scalar(select(Media).where(Media.id == medium_id))


def _give_up(key: str, *, is_last_try: bool) -> None:
    if not _is_there(key):
        return  # the medium was taken away, and its object with it
    if not is_last_try:
        raise NotYetError(key)
    log.warning("an object without a medium is deleted", extra={"key": key})
    _delete(key)


def _is_there(key: str) -> bool:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - pictures that have their row need not wait for it

    try:
        s3().head_object(Bucket=settings().media_bucket, Key=key)
    except ClientError as error:
        # Who may not list a bucket is not told that an object is missing.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
            return False
        raise
    return True


def _thumbnail_of(key: str) -> Thumbnail | None:
    found = s3().get_object(Bucket=settings().media_bucket, Key=key)
    if found["ContentLength"] > _MOST_BYTES:
        log.warning("a picture is too large for a thumbnail", extra={"key": key})
        return None
    try:
        return shrink(found["Body"].read())
    except UnreadableError as error:
        log.warning("a picture has no thumbnail: %s", error, extra={"key": key})
        return None


def _keep(store_id: str, medium_id: str, thumbnail: Thumbnail) -> None:
    key = thumbnail_key(store_id, medium_id)
    s3().put_object(
        Bucket=settings().media_bucket,
        Key=key,
        Body=thumbnail.webp,
        ContentType="image/webp",
        ContentDisposition="inline",
        CacheControl="public, max-age=31536000, immutable",
    )
    values = {
        "thumbnail_url": f"{settings().media_url}/{key}",
        "width": thumbnail.width,
        "height": thumbnail.height,
    }
    with tenant_session(store_id) as session:
        done: CursorResult[Any] = session.execute(update(Media).where(Media.id == medium_id).values(values))  # type: ignore[assignment]
    if done.rowcount == 0:
        # The picture was taken away meanwhile, and nobody knew of this yet.
        _delete(key)


def _delete(key: str) -> None:
    s3().delete_object(Bucket=settings().media_bucket, Key=key)
