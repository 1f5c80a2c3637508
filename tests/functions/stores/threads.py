"""Doing things at the same moment."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")
A = TypeVar("A")


def together(*acts: Callable[[], T]) -> list[T]:
    """Run each act in a thread of its own, all begun at once, and return what they gave, in their order."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        start.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def with_each(act: Callable[[A], T], items: Iterable[A]) -> list[T]:
    """As `together`, one act with each of many things."""
    return together(*[partial(act, item) for item in items])
