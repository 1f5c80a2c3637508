"""When a shop that does not answer is left alone, by an injected clock."""

from datetime import UTC, datetime, timedelta

from shared.platforms import circuit

START = datetime(2026, 11, 26, tzinfo=UTC)


def after(*seconds: float) -> dict[str, object]:
    """The state after failures at these seconds."""
    state: dict[str, object] = {}
    for second in seconds:
        state = circuit.failed(state, START + timedelta(seconds=second))
    return state


def test_four_failures_in_a_minute_are_borne() -> None:
    assert not circuit.is_open(after(0, 1, 2, 3))


def test_the_fifth_opens_it_for_half_a_minute() -> None:
    state = after(0, 1, 2, 3, 59)
    assert circuit.waits_until(state, START + timedelta(seconds=60)) == START + timedelta(seconds=89)
    assert circuit.waits_until(state, START + timedelta(seconds=89)) is None
    assert circuit.is_open(state)


def test_failures_that_are_further_apart_do_not_add_up() -> None:
    assert not circuit.is_open(after(0, 20, 40, 61, 81, 101, 121))


def test_late_failures_of_calls_under_way_do_not_prolong_it() -> None:
    state = after(0, 1, 2, 3, 4)
    assert circuit.failed(state, START + timedelta(seconds=6)) == state


def test_one_probes_while_the_others_wait() -> None:
    moment = START + timedelta(seconds=40)
    state = circuit.probing(after(0, 1, 2, 3, 4), moment)
    assert circuit.waits_until(state, moment + timedelta(seconds=1)) is not None


def test_failed_probes_double_the_wait_up_to_five_minutes() -> None:
    state, moment, waits = after(0, 0, 0, 0, 0), START, []
    for _ in range(6):
        until = circuit.waits_until(state, moment)
        assert until
        waits.append((until - moment).total_seconds())
        moment = until
        state = circuit.failed(circuit.probing(state, moment), moment)
    assert waits == [30, 60, 120, 240, 300, 300]


def test_an_answer_closes_it() -> None:
    assert not circuit.is_open(circuit.answered())
