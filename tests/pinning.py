"""What RDS Proxy cannot hand on to the next transaction, and therefore keeps a connection for.

A statement whose text is longer than 16 KB is such a thing too; what is bound to it does not count. Every statement
that functions send in the whole suite is looked at: see conftest.
"""

import re
from typing import Any

from sqlalchemy import Engine, event

from shared.pipelining import PipelinedConnection

_PINS = re.compile(
    r"^\s*(SET|RESET|PREPARE|EXECUTE|DEALLOCATE|DISCARD|DECLARE|FETCH|LISTEN|UNLISTEN|LOAD)\b"
    r"|^\s*CREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP"
    r"|\bset_config\s*\(|\b(nextval|setval|currval|lastval)\s*\("
    r"|\bpg_(try_)?advisory_(lock|unlock)",
    re.IGNORECASE,
)
LONGEST = 16 * 1024
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html"""
seen: list[str] = []
"""What was sent by functions and pins, since somebody last emptied this."""


def pins(statement: str) -> bool:
    """Whether the proxy would keep the connection for whoever sent this."""
    if len(statement.encode()) > LONGEST:
        return True
    # What stands between quotes is a value.
    bare = re.sub(r"'[^']*'", "''", statement)
    return bool(_PINS.search(bare))


@event.listens_for(Engine, "before_cursor_execute")
def _note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    # Functions alone connect like this; migrations and tests go past the proxy.
    if isinstance(connection.connection.dbapi_connection, PipelinedConnection) and pins(statement):
        seen.append(statement[:500])
