"""Which fonts a text needs: one for each script, loaded only where the script occurs; docs/papers.md lists them."""

from pathlib import Path

import fpdf
from fpdf import FPDF
from fpdf.fonts import TTFFont

MAIN = "NotoSans"
MISSING = "\ufffd"
"""What stands for a character that no font has."""
# Beside the packages of the layer that brings them, wherever it lies; and what the layer is built from.
_FOLDERS = (Path(fpdf.__file__).parents[2] / "fonts", Path(__file__).parents[3] / "layers" / "papers" / "fonts")
_SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "NotoSansArabic": ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE)),
    "NotoSansBengali": ((0x0980, 0x09FF),),
    "NotoSansDevanagari": ((0x0900, 0x097F), (0xA8E0, 0xA8FF)),
    "NotoSansHebrew": ((0x0590, 0x05FF), (0xFB1D, 0xFB4F)),
    "NotoSansThai": ((0x0E00, 0x0E7F),),
    "DroidSansFallbackFull": (
        *((0x2E80, 0x303F), (0x3040, 0x312F), (0x31A0, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF)),
    ),
    "NanumSquareR": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF)),
}
_ONE_WEIGHT = {"DroidSansFallbackFull", "NanumSquareR"}
# They join and turn letters, and are themselves not printed.
_INVISIBLE = {0x200C, 0x200D, 0x200E, 0x200F}


def load(pdf: FPDF, text: str) -> None:
    """Give a document the fonts that its text needs, and the shaping of those scripts that need it."""
    scripts = [script for script, ranges in _SCRIPTS.items() if _occurs(text, ranges)]
    for family in (MAIN, *scripts):
        pdf.add_font(family, "", _file(family, "Regular"))
        if family not in _ONE_WEIGHT:
            pdf.add_font(family, "B", _file(family, "Bold"))
    pdf.set_fallback_fonts(scripts, exact_match=False)
    # It turns and joins letters, and costs time that Latin letters need not pay.
    pdf.set_text_shaping(any(script not in _ONE_WEIGHT for script in scripts))


def printable(pdf: FPDF, text: str) -> str:
    """A text with `MISSING` for each character that no font of the document has, and without control characters."""
    known = set[int]().union(*(font.cmap for font in pdf.fonts.values() if isinstance(font, TTFFont)))
    return "".join(_shown(letter, known) for letter in text if letter in "\n\t" or letter >= " ")


def _shown(letter: str, known: set[int]) -> str:
    code = ord(letter)
    if code in known or letter == "\n":
        return letter
    # A no-break space and the like, and what only chooses between two looks of a letter.
    if letter.isspace():
        return " "
    return "" if code in _INVISIBLE or 0xFE00 <= code <= 0xFE0F or 0x7F <= code <= 0x9F else MISSING


def _occurs(text: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(letter) <= last for letter in text for first, last in ranges)


def _file(family: str, weight: str) -> Path:
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    name = family if family in _ONE_WEIGHT else f"{family}-{weight}"
    return folder / f"{name}.ttf"
