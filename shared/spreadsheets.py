"""Text in files that spreadsheets open: none of it may be taken for a formula."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def guarded(text: str) -> str:
    """Text as it is written into a file: an apostrophe goes before what a spreadsheet would calculate."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """Text as it was before `guarded`."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
