"""pg8000 with fewer round trips: what stock sends in three, one.

Stock waits for the server after Parse, after Describe and after Execute, and for each of BEGIN and COMMIT. Here BEGIN
travels with the first statement, a statement's messages go together, and COMMIT is a simple query: a request that
enters its store and reads a page takes 3 trips instead of 10. `make bench` measures both. And stock looks at each
character of each statement for its parameters, each time it is sent: here only the first time.
"""

import contextlib
from functools import lru_cache
from typing import Any

from pg8000.converters import make_params
from pg8000.core import NULL_BYTE, SYNC_MSG, Context, _flush, _write
from pg8000.dbapi import convert_paramstyle
from pg8000.legacy import Connection, Cursor, InterfaceError

_BEGIN = "begin transaction"


class PipelinedCursor(Cursor):  # type: ignore[misc]  # pg8000 is not typed
    """A DBAPI cursor that remembers where in a statement the parameters are."""

    def execute(self, operation: str, args: Any = (), stream: Any = None) -> Any:
        """Send a statement with `%s` for each of its parameters."""
        if stream is not None or not args:
            return super().execute(operation, args, stream)
        self._c.values = args
        try:
            return super().execute(_numbered(operation))
        finally:
            self._c.values = ()


@lru_cache(maxsize=500)
def _numbered(statement: str) -> str:
    """The statement with $1, $2 for its `%s`."""
    numbered: str = convert_paramstyle("format", statement, ())[0]
    return numbered


class PipelinedConnection(Connection):  # type: ignore[misc]  # pg8000 is not typed
    """A DBAPI connection for SQLAlchemy; everything but the number of round trips is pg8000's own."""

    values: Any = ()
    """Of the parameters of the statement that a cursor sends next."""
    _begin_is_due = False

    def cursor(self) -> PipelinedCursor:
        """A cursor that shares this connection's transaction."""
        return PipelinedCursor(self)

    def execute_simple(self, statement: str) -> Context:
        """Send a query with a cursor's values, if there are any; a BEGIN is kept back for the next statement."""
        if statement == _BEGIN:
            self._begin_is_due = True
            return Context(statement)
        if self.values:
            return self.execute_unnamed(statement, self.values)
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
