"""Jobs beside the gateway."""

import threading
import time

from local.background import Job, running


def test_a_job_runs_in_one_thread_and_no_more_once_stopped() -> None:
    threads: list[int] = []
    twice = threading.Event()

    def work() -> None:
        threads.append(threading.get_ident())
        if len(threads) == 2:
            twice.set()

    with running([Job("work", work, 0.01)]):
        assert twice.wait(10)

    ended = len(threads)
    time.sleep(0.05)
    assert len(threads) == ended
    assert len(set(threads)) == 1


def test_a_long_pause_does_not_delay_the_end() -> None:
    started = time.monotonic()
    with running([Job("never", lambda: None, 3600), Job("nor this", lambda: None, 3600)]):
        pass

    assert time.monotonic() - started < 1
