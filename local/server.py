"""Serves the gateway over HTTP until a signal."""

import io
import signal
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from local.events import MAX_PAYLOAD_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _KeepAliveHandler(WSGIRequestHandler):
    """Reads every request to its end, so that the connection can stay open, which Werkzeug's own handler cannot."""

    protocol_version = "HTTP/1.1"
    # The body is a second packet: a client that delays its acknowledgements would wait 40 ms for it.
    disable_nagle_algorithm = True
    server: "GatewayServer"
    error_message_format = '{"message":"%(message)s"}'
    error_content_type = "application/json"

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            environ["wsgi.input"] = io.BytesIO(_read_to_end(get_input_stream(environ), self.server.most_bytes))
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


def _read_to_end(stream: Any, most_bytes: int) -> bytes:
    # One byte over the limit is enough to be refused; the rest is read to reach the next request.
    kept: bytes = stream.read(most_bytes + 1)
    while stream.read(1 << 16):
        pass
    return kept


class GatewayServer(ThreadedWSGIServer):
    """Serves until `shutdown()`, then lets the requests in flight finish. Of a body it reads `most_bytes`, and one."""

    daemon_threads = False
    request_queue_size = 512

    def __init__(self, app: "WSGIApplication", host: str, port: int, most_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self._open: set[Any] = set()
        self.most_bytes = most_bytes
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


def serve(app: "WSGIApplication", host: str, port: int, announce: Callable[[], None] = lambda: None) -> None:
    """Serves until SIGINT or SIGTERM; a second one ends the process at once. For the main thread only.

    `announce` is called once connections are accepted.
    """
    server = GatewayServer(app, host, port)

    def stop(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        # shutdown() waits for the loop that this very thread runs.
        threading.Thread(target=server.shutdown).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        announce()
        server.serve_forever(poll_interval=0.05)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
