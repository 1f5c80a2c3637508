"""Pictures of every kind become a small WebP the right way up, and hostile ones nothing at all."""

import struct
import zlib

import pytest
from PIL import Image, ImageCms

from functions.thumbnails.shrinking import UnreadableError, shrink
from tests.functions.thumbnails.pictures import FILM, opened, picture, saved

RED = (200, 30, 30)


def _near(found: object, wanted: tuple[int, ...]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) <= 8 for one, other in zip(found, wanted, strict=True))


def _bomb(width: int, height: int) -> bytes:
    """The head of a PNG that says it is so large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(100))
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + b"\x00\x00\x00\x00IEND\xaeB`\x82"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_each_kind_becomes_a_webp_of_400_pixels(kind: str) -> None:
    made = shrink(picture(kind, (1200, 600), color=RED))
    small = opened(made.webp)
    assert (small.format, small.size, made.width, made.height) == ("WEBP", (400, 200), 1200, 600)
    assert _near(small.convert("RGB").getpixel((200, 100)), RED)


def test_the_longer_side_counts_and_none_is_enlarged() -> None:
    for size, wanted in {(300, 900): (133, 400), (90, 60): (90, 60), (400, 1): (400, 1), (4000, 3): (400, 1)}.items():
        assert opened(shrink(picture(size=size)).webp).size == wanted


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_that_was_turned_is_turned_back(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    made = shrink(picture(size=(800, 400), exif=exif))
    upright = (800, 400) if orientation <= 4 else (400, 800)
    small = opened(made.webp)
    assert ((made.width, made.height), small.size) == (upright, (upright[0] // 2, upright[1] // 2))
    # Nothing of what the camera wrote down, where it was among it.
    assert not small.getexif()


def test_the_top_of_a_turned_picture_is_on_top() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # its left side is the top
    lying = Image.new("RGB", (200, 100), (0, 0, 0))
    lying.paste(RED, (0, 0, 100, 100))
    small = opened(shrink(saved(lying, "JPEG", exif=exif)).webp).convert("RGB")
    assert _near(small.getpixel((50, 20)), RED)
    assert _near(small.getpixel((50, 180)), (0, 0, 0))


def test_what_is_transparent_stays_so() -> None:
    see_through = (*RED, 0)
    grey = Image.new("P", (500, 500), 1)
    grey.putpalette([0, 0, 0, *RED])
    for data in (
        picture("PNG", (500, 500), "RGBA", color=see_through),
        picture("WEBP", (500, 500), "RGBA", color=see_through),
        picture("PNG", (500, 500), "LA", color=(9, 0)),
        saved(grey, "PNG", transparency=1),
        saved(grey, "GIF", transparency=1),
    ):
        small = opened(shrink(data).webp)
        assert small.mode == "RGBA"
        assert small.getpixel((200, 200))[3] == 0  # type: ignore[index]
    assert opened(shrink(picture("PNG")).webp).mode == "RGB"


def test_what_is_printed_with_four_inks_has_three_colours() -> None:
    small = opened(shrink(picture("JPEG", (500, 500), "CMYK", color=(0, 255, 255, 0))).webp)
    assert small.mode == "RGB"
    red, green, blue = small.getpixel((9, 9))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60


def test_sixteen_bits_of_grey_are_scaled() -> None:
    small = opened(shrink(picture("PNG", (500, 500), "I;16", color=0x8000)).webp)
    assert _near(small.convert("RGB").getpixel((9, 9)), (128, 128, 128))


def test_of_what_moves_the_first_frame_is_shown() -> None:
    frames = [Image.new("RGB", (500, 500), color) for color in (RED, (0, 0, 255))]
    for kind in ("GIF", "PNG", "WEBP", "AVIF"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        small = opened(shrink(data).webp)
        assert getattr(small, "n_frames", 1) == 1
        assert _near(small.convert("RGB").getpixel((9, 9)), RED), kind


def test_colours_mean_what_they_meant() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert opened(shrink(picture(icc_profile=profile)).webp).info["icc_profile"] == profile
    for data in (picture(), picture(icc_profile=profile + bytes(20_000))):
        assert "icc_profile" not in opened(shrink(data).webp).info


@pytest.mark.parametrize("side", [9_000, 15_000, 60_000])
def test_a_bomb_is_not_decoded(side: int) -> None:
    with pytest.raises(UnreadableError, match="too many pixels"):
        shrink(_bomb(side, side))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_half_a_picture_is_none(kind: str) -> None:
    whole = saved(Image.effect_noise((300, 300), 90).convert("RGB"), kind)
    with pytest.raises(UnreadableError):
        shrink(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", FILM, picture("BMP"), picture("TIFF"), picture("ICO"), b"<svg/>", b"\xff\xd8\xff", b"GIF89a"],
)
def test_other_files_are_none(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        shrink(data)
