"""The pictures of a product in a WooCommerce shop, which takes copies of ours and gives them addresses of its own.

The link's `pictures` says which of theirs is which of ours, by their ids. What was sent and whose answer was lost is
known by the name of its file.
"""

from functions.sync.inbound.pictures import is_copy
from functions.sync.outbound.outgoing import OurProduct
from functions.sync.woocommerce.changing import Body


def images(ours: OurProduct, now: Body) -> list[Body] | None:
    """What the product is to show: theirs by their ids, and what they do not have yet by its address.

    Theirs that were never taken here stay behind. None when they show just that.
    """
    theirs = {str(one["id"]): str(one.get("src")) for one in now.get("images") or []}
    details = ours.link.details if ours.link else {}
    known, taken = dict(details.get("pictures", {})), set(details.get("images", ()))
    found: list[Body] = []
    for url, alt in ours.images:
        copy = _copy(url, theirs, known)
        theirs_is = theirs.pop(copy, None) if copy else None
        found.append({"id": int(copy or 0), "alt": alt} if theirs_is is not None else {"src": url, "alt": alt})
    found += [{"id": int(key)} for key, address in theirs.items() if key not in known and address not in taken]
    same = [one.get("id") for one in found] == [one["id"] for one in now.get("images") or []]
    return None if same else found


def noted(ours: OurProduct, now: Body) -> dict[str, str] | None:
    """Which of theirs is which of ours, once they show what they were told to."""
    shown = [str(one["id"]) for one in now.get("images") or []]
    urls = [url for url, _ in ours.images]
    return dict(zip(shown, urls, strict=False)) if len(shown) >= len(urls) else None


def _copy(url: str, theirs: dict[str, str], known: dict[str, str]) -> str | None:
    for number, address in theirs.items():
        if known.get(number) == url or address == url:
            return number
    unnamed = {number: address for number, address in theirs.items() if number not in known}
    return next((number for number, address in unnamed.items() if is_copy(url, address)), None)
