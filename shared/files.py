"""Files in S3: links to put them there and to read them, and the client itself, for those who need it."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@cache
def s3() -> "S3Client":
    """The client, made when it is first needed: it costs more than the rest of a cold start."""
    import boto3  # noqa: PLC0415 - as above
    from botocore.config import Config  # noqa: PLC0415 - as above

    # Path style: a certificate with a wildcard covers no bucket whose name has dots, and the laptop has no such hosts.
    return boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))


def upload_form(bucket: str, key: str, mime_type: str, most_bytes: int, seconds: int) -> dict[str, Any]:
    """A form that lets a browser put one object of this type there, of 1 to `most_bytes`: `url` and `fields`.

    The fields go before the file, which comes last and is called `file`.
    """
    return s3().generate_presigned_post(
        bucket,
        key,
        Fields={"Content-Type": mime_type},
        Conditions=[{"Content-Type": mime_type}, ["content-length-range", 1, most_bytes]],
        ExpiresIn=seconds,
    )


def download_link(bucket: str, key: str, file_name: str, seconds: int) -> str:
    """A link that anybody can read one object with, saved under a name, for a while."""
    disposition = f'attachment; filename="{file_name}"'
    parameters = {"Bucket": bucket, "Key": key, "ResponseContentDisposition": disposition}
    return s3().generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)


def thumbnail_key(store_id: str, medium_id: str) -> str:
    """Where the thumbnail of a medium is, in the bucket of pictures."""
    return f"thumbnails/{store_id}/{medium_id}.webp"
