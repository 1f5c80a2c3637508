"""Patterns of postal codes and codes of states, as shared/pricing understands them."""

from collections.abc import Iterator

from shared.pricing.places import plain

_ALLOWED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def odd_pattern(pattern: str) -> str | None:
    """What is wrong with a pattern of postal codes: `90210`, `902*` or `90000...90300`. None: nothing."""
    first, range_of, last = pattern.partition("...")
    ends = [plain(first), plain(last)] if range_of else [plain(first).removesuffix("*")]
    if not all(end and set(end) <= _ALLOWED for end in ends) or (range_of and "*" in pattern):
        return f"{pattern} is no pattern; write 90210, 902* or 90000...90300."
    if range_of:
        return _odd_range(ends[0], ends[1], pattern)
    return None


def odd_state(state: str, countries: list[str]) -> str | None:
    """What is wrong with a state: it names a country that is not among those given. None: nothing."""
    country, _, code = state.replace(":", "-").partition("-")
    if code and len(country) == 2 and countries and country not in countries:
        return f"{state} is not in {', '.join(countries)}."
    return None


def patterns_in(text: str) -> Iterator[str]:
    """The patterns of a text that has semicolons between them."""
    return (pattern.strip() for pattern in text.split(";"))


def _odd_range(first: str, last: str, pattern: str) -> str | None:
    if first.isdecimal() and last.isdecimal():
        return None if int(first) <= int(last) else f"{pattern} ends before it begins."
    if len(first) != len(last):
        return f"The ends of {pattern} have codes of different lengths."
    return None if first <= last else f"{pattern} ends before it begins."
