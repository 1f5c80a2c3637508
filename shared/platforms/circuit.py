"""When to leave a shop alone that does not answer: five failures in a minute, then 30 seconds, doubling to 5 minutes.

The state is a column of the integration, so that all workers share it; the functions here take it and give the next
one. It costs a statement when something fails or recovers, none while all is well. (Powertools' circuit breaker counts
consecutive failures in each process alone, and waits equally long every time.)
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

FAILURES = 5
WINDOW = timedelta(minutes=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=5)
PROBE = timedelta(minutes=2)
"""How long the one that tries whether the shop is back may take, before another may try."""
State = Mapping[str, Any]
"""`failures`: when, of those in the window. Open: `opens`, how often in a row, `until`, `probing`. ISO times in UTC."""


def waits_until(state: State, moment: datetime) -> datetime | None:
    """Until when nobody may call; None when it is closed, or the time has come to probe."""
    until = datetime.fromisoformat(state["until"]) if state.get("until") else None
    return until if until and until > moment else None


def is_open(state: State) -> bool:
    """Whether the shop is held to be away: whoever calls next probes, after saying so with `probing`."""
    return bool(state.get("opens"))


def probing(state: State, moment: datetime) -> dict[str, Any]:
    """Half open: this caller tries, and nobody else does meanwhile."""
    return {**state, "probing": True, "until": (moment + PROBE).isoformat()}


def failed(state: State, moment: datetime) -> dict[str, Any]:
    """After a call that the shop did not answer: a failed probe opens it again, for twice as long."""
    if is_open(state):
        # Calls that were under way when it opened say nothing new.
        return _opened(int(state["opens"]) + 1, moment) if state.get("probing") else dict(state)
    recent = [text for text in state.get("failures", ()) if moment - datetime.fromisoformat(text) < WINDOW]
    recent.append(moment.isoformat())
    return _opened(1, moment) if len(recent) >= FAILURES else {"failures": recent}


def answered() -> dict[str, Any]:
    """After a call that the shop answered, whatever it said."""
    return {}


def _opened(times: int, moment: datetime) -> dict[str, Any]:
    wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
    return {"opens": times, "until": (moment + wait).isoformat()}
