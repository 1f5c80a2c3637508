"""What a file really is: its first bytes say so, whatever its name and its sender do."""

import re

HEAD = 8192
"""How many bytes it takes to know; browsers look at fewer."""
EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
}
"""The types that products may show, and what their files end in."""

# A PNG that moves is a PNG to everybody who shows it.
_AS = {"image/apng": "image/png"}
# A file may be a picture and a page at once; no tag of the metadata that cameras write is called so.
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|script|svg|iframe|\?php)[\s>/]", re.IGNORECASE)


def real_type(head: bytes) -> str | None:
    """The type by a file's first `HEAD` bytes; None for what products do not show, and for what may be a page too."""
    import filetype  # noqa: PLC0415 - most cold starts confirm no upload

    found = filetype.guess_mime(head)
    found = _AS.get(found, found)
    if found == "image/gif" and not head.startswith((b"GIF87a", b"GIF89a")):
        return None
    return found if found in EXTENSIONS and not _PAGE.search(head) else None
