"""The engines: how to connect, how many connections to hold, and what SQLite needs to behave. Nothing about shops."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Engine, Executable, Row, create_engine, event, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.iam_token import rds_auth_token
from shared.local_days import day_of
from shared.pipelining import PipelinedConnection
from shared.settings import settings

RETRYABLE = {"40001", "40P01"}
"""serialization_failure and deadlock_detected: the same transaction may succeed when run again."""


def function_engine() -> Engine:
    """The engine of the function role, with this function's connection cap."""
    return make_engine(settings().database_url)


def platform_engine() -> Engine:
    """The engine of the platform role; on SQLite, which has no roles, the same as the function's."""
    return make_engine(settings().platform_database_url)


def identity_engine() -> Engine:
    """The engine of the role that alone has users, sessions and tokens; on SQLite the same as the function's."""
    return make_engine(settings().identity_database_url)


@cache
def make_engine(url: str) -> Engine:
    """The engine for a SQLAlchemy URL of either database, the same each time.

    The pool waits rather than overflow: `DB_POOL_SIZE` connections are all a function may hold. Newest first, so that
    spare ones go idle and are closed by the proxy. Nothing here may pin RDS Proxy: no SET, no startup options.
    """
    target, config = make_url(url), settings()
    if target.get_backend_name() == "sqlite":
        return _sqlite(target)
    engine = create_engine(
        target,
        pool_size=config.db_pool_size,
        max_overflow=0,
        pool_timeout=config.db_pool_timeout,
        pool_use_lifo=True,
        # What a statement was sent with may be personal data, and errors are logged.
        hide_parameters=True,
        connect_args={"application_name": config.function_name, "ssl_context": _tls(target)},
    )
    # Many rows in one INSERT: pg8000's executemany takes round trips for each row.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    # RDS Proxy keeps a connection for whoever sends a text of more than 16 KB; a parameter takes some 20 bytes of it.
    engine.dialect.insertmanyvalues_max_parameters = 700
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "handle_error", _name_integrity_errors)
    return engine


def execute_alone(engine: Engine, statement: Executable, parameters: Mapping[str, Any]) -> Row[Any]:
    """Run one statement in a transaction of its own, in one round trip, and return its row."""
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if connection.dialect.name == "postgresql":
            raw.autocommit = True  # for pg8000: no BEGIN before the statement
        try:
            row = connection.execute(statement, dict(parameters)).one()
            connection.commit()
            return row
        finally:
            if connection.dialect.name == "postgresql":
                raw.autocommit = False


def is_retryable(error: DBAPIError) -> bool:
    """Whether running the whole transaction again may help."""
    return sqlstate(error) in RETRYABLE or "database is locked" in str(error.orig)


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's five-letter code, or None."""
    detail = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return detail.get("C") if isinstance(detail, dict) else None


@cache
def _trusted_roots() -> ssl.SSLContext:
    # Reading the CA bundle costs ten times a local connect: once per process is enough.
    return ssl.create_default_context()


def _tls(url: URL) -> ssl.SSLContext | bool:
    """Verified TLS everywhere but on this machine."""
    local = "unix_sock" in url.query or url.host in (None, "localhost", "127.0.0.1", "::1")
    return False if local else _trusted_roots()


def _connect(_dialect: Any, _record: Any, _args: Any, params: dict[str, Any]) -> PipelinedConnection:
    config = settings()
    if config.db_iam_auth:
        # Good for a quarter of an hour, so each connection gets its own.
        token = rds_auth_token(params["host"], int(params.get("port", 5432)), params["user"], config.region)
        params = params | {"password": token}
    return PipelinedConnection(**params)


def _name_integrity_errors(context: ExceptionContext) -> None:
    """pg8000 calls a broken foreign key or CHECK a programming error; SQLSTATE class 23 says what it is."""
    error = context.sqlalchemy_exception
    broken = isinstance(error, DBAPIError) and (sqlstate(error) or "").startswith("23")
    if broken and not isinstance(error, IntegrityError) and error is not None and context.original_exception:
        raise IntegrityError(context.statement, context.parameters, context.original_exception) from error


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, pool_size=settings().db_pool_size, max_overflow=0, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # or the driver commits behind SQLAlchemy's back
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "busy_timeout=5000", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("local_day", 2, day_of, deterministic=True)
