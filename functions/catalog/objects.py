"""Where the files of media lie in S3, and how one that has arrived gets to where the world reads it.

incoming/<store>/<upload>        what a signed form has put there; nobody reads it, and a day later it is gone
media/<store>/<medium>.jpg       what is served, and never changed
thumbnails/<store>/<medium>.webp made of it by functions/thumbnails
"""

from dataclasses import dataclass
from typing import Any

from functions.catalog.real_type import EXTENSIONS, HEAD
from shared.errors import ConflictError
from shared.files import s3, upload_form
from shared.settings import settings

_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was put there: its size in bytes, its first bytes, and the tag of just this content."""

    size: int
    head: bytes
    etag: str


def incoming_key(store_id: str, upload_id: str) -> str:
    """Where a file arrives."""
    return f"incoming/{store_id}/{upload_id}"


def media_key(store_id: str, medium_id: str, mime_type: str) -> str:
    """Where a file is served."""
    return f"media/{store_id}/{medium_id}{EXTENSIONS[mime_type]}"


def form(key: str, mime_type: str, most_bytes: int, seconds: int) -> dict[str, Any]:
    """A form that puts one file there: `url` and `fields`."""
    return upload_form(settings().media_bucket, key, mime_type, most_bytes, seconds)


def arrived(key: str) -> Arrival | None:
    """What lies there, or None. Raises ConflictError when it is replaced at this moment."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - a cold start that confirms nothing need not wait

    place: Any = {"Bucket": settings().media_bucket, "Key": key}
    try:
        found = s3().head_object(**place)
        if found["ContentLength"] == 0:
            return Arrival(0, b"", found["ETag"])
        part = s3().get_object(**place, Range=f"bytes=0-{HEAD - 1}", IfMatch=found["ETag"])
        return Arrival(found["ContentLength"], part["Body"].read(), found["ETag"])
    except ClientError as error:
        # Who may not list a bucket is not told that an object is missing.
        if _status(error) in (403, 404):
            return None
        raise _explained(error) from error


def publish(source: str, etag: str, key: str, mime_type: str) -> None:
    """Copy a file to where it is served. Raises ConflictError when it is no longer the one with this tag."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

    bucket = settings().media_bucket
    try:
        s3().copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": source},
            CopySourceIfMatch=etag,
            MetadataDirective="REPLACE",
            ContentType=mime_type,
            ContentDisposition="inline",
            CacheControl=_FOREVER,
        )
    except ClientError as error:
        raise _explained(error) from error


def remove(*keys: str) -> None:
    """Delete files, there or not."""
    for key in keys:
        s3().delete_object(Bucket=settings().media_bucket, Key=key)


def _explained(error: Any) -> Exception:
    if _status(error) != 412:
        return error  # type: ignore[no-any-return]
    return ConflictError("upload_changed", "The file was replaced meanwhile; confirm it again.")


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
