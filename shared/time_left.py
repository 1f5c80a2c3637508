"""How much of its time a function has left."""

import time
from collections.abc import Callable
from typing import Any

Left = Callable[[], float]
"""Seconds that are left, by the moment when it is called."""


def time_left(context: Any, otherwise: float = 270) -> Left:
    """Lambda's own account of a function's time; where there is none, so many seconds from now."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        end = time.monotonic() + otherwise
        return lambda: end - time.monotonic()
    return lambda: float(remaining()) / 1000
