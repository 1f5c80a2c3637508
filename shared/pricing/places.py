"""Where something is sent or taxed, and which postal codes a pattern means."""

import re
from dataclasses import dataclass

EXACT, PREFIX, RANGE, NO_MATCH = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class Address:
    """A place. The country has two letters (ISO 3166-1); the state is its code without the country."""

    country: str
    state: str = ""
    city: str = ""
    postal_code: str = ""


def plain(text: str) -> str:
    """A code as codes are compared: capitals, no spaces, no hyphens."""
    return re.sub(r"[\s-]", "", text).upper()


def same_state(state: str, address: Address) -> bool:
    """Whether a state is the address's. It may name its country before it: `US-CA`, `US:CA` or plain `CA`."""
    country, _, code = state.upper().replace(":", "-").partition("-")
    if code and country == address.country.upper():
        return code == address.state.upper()
    return state.upper() == address.state.upper()


def closeness(pattern: str, postal_code: str) -> tuple[int, int]:
    """How closely a pattern means a code: the kind of match, then the length of its prefix. (0, 0) is no match.

    Patterns are `90210`, `902*` (a prefix) and `90000...90300` (both ends included; digits or codes of one length).
    """
    code = plain(postal_code)
    if not code:
        return NO_MATCH, 0
    if "..." in pattern:
        first, last = (plain(end) for end in pattern.split("...", 1))
        return (RANGE, 0) if _between(first, code, last) else (NO_MATCH, 0)
    wanted = plain(pattern)
    if wanted.endswith("*"):
        return (PREFIX, len(wanted)) if code.startswith(wanted[:-1]) else (NO_MATCH, 0)
    return (EXACT, len(code)) if wanted == code else (NO_MATCH, 0)


def _between(first: str, code: str, last: str) -> bool:
    if first.isdecimal() and code.isdecimal() and last.isdecimal():
        return int(first) <= int(code) <= int(last)
    return len(first) == len(code) == len(last) and first <= code <= last
