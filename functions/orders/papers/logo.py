"""A store's logo, where it is one of the pictures that we keep: nothing is fetched from elsewhere."""

import logging
from io import BytesIO

from shared.files import s3
from shared.models import Store
from shared.settings import settings

log = logging.getLogger(__name__)

_MOST_BYTES = 2 * 1024 * 1024
_MOST_PIXELS = 16_000_000


def logo_of(store: Store) -> bytes | None:
    """The picture, or None: the paper then shows the name."""
    base = f"{settings().media_url}/"
    if not store.logo_url or base == "/" or not store.logo_url.startswith(f"{base}media/"):
        return None
    key = store.logo_url.removeprefix(base).partition("?")[0]
    try:
        found = s3().get_object(Bucket=settings().media_bucket, Key=key)
        content = found["Body"].read() if found["ContentLength"] <= _MOST_BYTES else b""
        return content if _is_small(content) else None
    except Exception:  # an order has its paper, whatever has become of a picture
        log.info("a logo cannot be read", exc_info=True)
        return None


def _is_small(content: bytes) -> bool:
    """Whether it is a picture that unpacks to a reasonable size; raises what Pillow raises when it is none."""
    from PIL import Image  # noqa: PLC0415 - few stores have a logo

    with Image.open(BytesIO(content)) as picture:
        return picture.width * picture.height <= _MOST_PIXELS
