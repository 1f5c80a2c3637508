"""Calls that change something in a WooCommerce shop, and what is common to them.

What a change is answered with is not what deliveries say: it has texts as they were typed, and not as they are shown.
So what came of a change is read after it.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import call

Body = dict[str, Any]


def there(credentials: Credentials, path: str) -> Body:
    """Something as deliveries show it. Raises RefusedError `gone_there`."""
    return _or_gone(lambda: call(credentials, "GET", path).body)


def changed(credentials: Credentials, path: str, body: Body) -> Body:
    """What is there after a change. Raises RefusedError `gone_there`."""
    _or_gone(lambda: call(credentials, "PUT", path, json=body).body)
    return there(credentials, path)


def is_missing(code: str, status: int = 0) -> bool:
    """Whether a refusal says that there is no such thing: to a GET with 404, to a PUT with 400."""
    return status == 404 or code.endswith("_invalid_id")


def meta_of(row: Body) -> list[tuple[str, Any]]:
    """The names and values beside something."""
    return [(str(one.get("key")), one.get("value")) for one in row.get("meta_data") or [] if isinstance(one, dict)]


def number(value: Decimal | None) -> str:
    """Amounts are texts there; a number is refused."""
    return "" if value is None else format(value.normalize() if value else Decimal(0), "f")


def _or_gone(ask: Callable[[], Any]) -> Body:
    try:
        found: Body = ask()
    except RefusedError as refusal:
        if is_missing(refusal.code, refusal.status):
            raise RefusedError("gone_there", "The other shop has deleted it.", status=404) from refusal
        raise
    return found
