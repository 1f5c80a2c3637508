"""Workers that are killed: processes of their own that die with SIGKILL at one point, and leave what was committed."""

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from shared import database as engines
from shared.platforms import http
from shared.tenant_session import TenantSession

Work = Callable[[], object]


def killed_at_commit(number: int, work: Work) -> bool:
    """Let a process do something and kill it before its so-manieth commit. Returns whether it came that far."""
    return _process(work, lambda: _die_at("before_commit", number))


def killed_after_commit(work: Work) -> bool:
    """Let a process do something and kill it as soon as that is committed, before anything is sent."""
    return _process(work, lambda: _die_at("after_commit", 1))


def killed_by(shop: Any, number: int, work: Work) -> bool:
    """Let a process do something, and kill it when a shop has made its so-manieth change, before it answers."""
    changes = 0

    def tell(pid: int) -> None:
        def made() -> bool:
            nonlocal changes
            changes += 1
            if changes == number:
                os.kill(pid, signal.SIGKILL)
            return changes == number

        shop.made = made

    try:
        return _process(work, lambda: None, tell)
    finally:
        shop.made = lambda: False


def _process(work: Work, prepare: Work, tell: Callable[[int], object] = lambda _: None) -> bool:
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run(work, prepare, ready)
    tell(pid)
    os.write(go, b"!")
    _, status = os.waitpid(pid, 0)
    os.close(ready)
    os.close(go)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "the process has failed by itself"
    return False


def _run(work: Work, prepare: Work, ready: int) -> None:
    """In the new process, which has the parent's connections, and must not speak on them."""
    code = 1
    try:
        os.read(ready, 1)
        for engine in (engines.function_engine(), engines.platform_engine(), engines.identity_engine()):
            engine.dispose(close=False)
        http._session.cache_clear()
        prepare()
        work()
        code = 0
    finally:
        os._exit(code)


def _die_at(moment: str, number: int) -> None:
    commits = 0

    def count(_session: TenantSession) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(TenantSession, moment, count)
