"""Shrinks a picture that anybody may have made: what is in it is checked before it takes memory."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 400
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_MOST_PIXELS = 80_000_000
"""What fits into the function's memory twice, at four bytes each."""
_ORIENTATION = 0x0112
_QUALITY = 82
_MOST_PROFILE = 16 * 1024


class UnreadableError(ValueError):
    """This is no picture that could be shown; the message says why, in words of ours."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A WebP whose longer side has at most 400 pixels; width and height are the picture's own, as it is shown."""

    webp: bytes
    width: int
    height: int


def shrink(data: bytes) -> Thumbnail:
    """Make the thumbnail of a picture, the right way up, or of the first frame of one that moves.

    Raises UnreadableError.
    """
    try:
        _open(data).verify()
        # A picture that was verified cannot be read any more.
        with _open(data) as picture:
            width, height = _shown_size(picture)
            written = io.BytesIO()
            _small(picture).save(written, "WEBP", quality=_QUALITY, icc_profile=_profile(picture), exif=b"")
    except UnreadableError:
        raise
    except Exception as error:
        # Decoders of five formats raise whatever they like at what they cannot read.
        raise UnreadableError(type(error).__name__) from error
    return Thumbnail(written.getvalue(), width, height)


def _open(data: bytes) -> "Image":
    from PIL import Image  # noqa: PLC0415 - takes a tenth of a second that films need not wait

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableError("too many pixels") from error
    if picture.width * picture.height > _MOST_PIXELS:
        raise UnreadableError("too many pixels")
    return picture


def _shown_size(picture: "Image") -> tuple[int, int]:
    """Width and height as a viewer shows it: cameras write down which way up they were held."""
    lies_on_its_side = picture.getexif().get(_ORIENTATION, 1) >= 5
    return (picture.height, picture.width) if lies_on_its_side else picture.size


def _small(picture: "Image") -> "Image":
    from PIL import ImageOps  # noqa: PLC0415 - as above

    # A palette's numbers cannot be mixed. What has none is shrunk first, a JPEG even while it is decoded.
    if picture.mode not in ("L", "RGB", "RGBA", "CMYK"):
        picture = _plain(picture)
    picture.thumbnail((_SIDE, _SIDE))
    return ImageOps.exif_transpose(_plain(picture))


def _plain(picture: "Image") -> "Image":
    """In colours that WebP knows, with transparency if there was any."""
    if picture.mode.startswith("I"):
        # Sixteen bits of grey, which converting would cut off instead of scaling.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _profile(picture: "Image") -> bytes | None:
    """What its colours mean, unless converting has changed that, or it outweighs the thumbnail."""
    found = picture.info.get("icc_profile") if picture.mode in ("RGB", "RGBA") else None
    return found if isinstance(found, bytes) and len(found) <= _MOST_PROFILE else None
