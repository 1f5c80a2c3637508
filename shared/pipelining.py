"""pg8000 with fewer round trips: what stock sends in three, one.

Stock waits for the server after Parse, after Describe and after Execute, and for each of BEGIN and COMMIT. Here BEGIN
travels with the first statement, a statement's messages go together, and COMMIT is a simple query: a request that
enters its store and reads a page takes 3 trips instead of 10. `make bench` measures both.
"""

import contextlib
from typing import Any

from pg8000.converters import make_params
from pg8000.core import NULL_BYTE, SYNC_MSG, Context, _flush, _write
from pg8000.legacy import Connection, InterfaceError

_BEGIN = "begin transaction"


class PipelinedConnection(Connection):  # type: ignore[misc]  # pg8000 is not typed
    """A DBAPI connection for SQLAlchemy; everything but the number of round trips is pg8000's own."""

    _begin_is_due = False

    def execute_simple(self, statement: str) -> Context:
        """Send a query without parameters; a BEGIN is kept back for the next statement."""
        if statement == _BEGIN:
            self._begin_is_due = True
            return Context(statement)
        begun, context = self._send_begin(), Context(statement)
        self.send_QUERY(statement)
        return self._answer(begun, context)

    def execute_unnamed(self, statement: str, vals: Any = (), oids: Any = (), stream: Any = None) -> Context:
        """Send a query with parameters. Nothing is sent when a part cannot be: half a message would spoil the next."""
        params = tuple(make_params(self.py_types, vals))
        for part in (statement, *params):
            if part is not None:
                part.encode(self._client_encoding)
        begun, context = self._send_begin(), Context(statement, stream=stream)
        self.send_PARSE(NULL_BYTE, statement, oids)
        self.send_DESCRIBE_STATEMENT(NULL_BYTE)
        self.send_BIND(NULL_BYTE, params)
        self.send_EXECUTE()
        _write(self._sock, SYNC_MSG)
        return self._answer(begun, context)

    def close(self) -> None:
        """Say goodbye and close the socket, also when the server has gone."""
        stream = self._sock
        with contextlib.suppress(InterfaceError):
            super().close()
        # pg8000 closes the socket but not the stream over it, which keeps it open.
        with contextlib.suppress(OSError, AttributeError):
            stream.close()

    def commit(self) -> None:
        """Commit; nothing to do when no statement has been sent."""
        self._end("commit")

    def rollback(self) -> None:
        """Roll back; nothing to do when no statement has been sent."""
        self._end("rollback")

    def _end(self, statement: str) -> None:
        self._begin_is_due = False
        if self._in_transaction:
            self.execute_simple(statement)

    def _send_begin(self) -> Context | None:
        if not self._begin_is_due:
            return None
        self._begin_is_due = False
        self.send_QUERY(_BEGIN)
        return Context(_BEGIN)

    def _answer(self, begun: Context | None, context: Context) -> Context:
        _flush(self._sock)
        if begun is not None:
            self.handle_messages(begun)
        self.handle_messages(context)
        return context
