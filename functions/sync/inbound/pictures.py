"""Pictures that we have sent and that come back: the other shop takes copies, under addresses of its own."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from functions.sync.entities import ExternalImage

_ADDED = re.compile(
    # WordPress numbers names and scales what is large; Shopify adds a UUID.
    r"(-\d+|-scaled|-\d+x\d+|-e\d+|_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})+$"
)


def is_copy(ours: str, theirs: str) -> bool:
    """Whether an address of theirs is that of a copy of ours, by the names of the files."""
    name = _name(ours)
    return bool(name) and name in (_name(theirs), _ADDED.sub("", _name(theirs)))


def originals(images: Iterable[ExternalImage], known: Mapping[str, str], ours: Iterable[str]) -> dict[str, str]:
    """Their addresses of what are copies of ours, with the addresses here.

    `known` says by their ids which of theirs is which of ours; of those that it does not name the files' names do.
    """
    images = list(images)
    found = {one.url: known[one.external_id] for one in images if one.external_id and one.external_id in known}
    free = [url for url in ours if url not in found.values()]
    for one in images:
        if one.url not in found and (url := next((url for url in free if is_copy(url, one.url)), None)):
            found[one.url] = url
            free.remove(url)
    return {theirs: url for theirs, url in found.items() if theirs != url}


def _name(url: str) -> str:
    stem = PurePosixPath(unquote(urlsplit(url).path)).stem
    return re.sub(r"[^\w.-]+", "-", stem).strip("-").lower()
