"""The tenant-isolation decorator, and the sessions that can see one store only.

Four walls stand between tenants; this module is the first two. `@tenant_isolated` opens the one session and transaction
of an invocation for the store that the entry proves. `TenantSession` adds that store (and "not deleted") to every
statement, stamps it on new rows, and refuses what it cannot filter. The schema's composite keys and PostgreSQL's
row-level security stand behind it.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from sqlalchemy import Connection, case, exists, select, text
from sqlalchemy import exc as sa_exc
from sqlalchemy.orm.exc import StaleDataError

from shared import sync_changes as _sync_changes
from shared.database import function_engine, identity_engine, is_retryable, platform_engine
from shared.errors import NoSuchStoreError, ProblemError, TenancyError, UnavailableError, stale_version
from shared.models import AuditLog, ExternalPlatformIntegration, Store
from shared.problems import problem_response, unexpected
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
listeners = (_sync_changes,)
"""Modules that hear every session, and are imported for that."""

Event = Mapping[str, Any]
Response = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], Response]
OpenSession = Callable[[Event], AbstractContextManager[TenantSession]]

MAINTENANCE = "MAINTENANCE"
"""The status of a store that is closed to shoppers for a while, whatever its own."""

_ATTEMPTS = 3
_current: ContextVar[TenantSession | None] = ContextVar("tenant_session", default=None)


@dataclass(frozen=True, slots=True)
class Tenant:
    """The store that a session works for. Currency is ISO 4217."""

    id: str
    slug: str
    status: str
    currency: str
    connected: bool = True
    """Whether it may have connected shops, which are told what changes."""


def tenant_isolated(open_session: OpenSession) -> Callable[[Handler], Handler]:
    """Run a handler inside the session of the store that `open_session` proves from the event.

    Commits when the handler answers below 400, rolls back otherwise; the answer leaves only after the commit. A
    deadlock or serialization failure runs the handler again; a lost connection does so for reads. ProblemErrors of the
    entry become problem+json; anything else is logged and answered 500 without its cause.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def run(event: dict[str, Any], context: Any) -> Response:
            try:
                return _with_retries(handler, open_session, event, context)
            except ProblemError as error:
                return problem_response(error, event)
            except StaleDataError:
                return problem_response(stale_version(), event)
            except sa_exc.TimeoutError:
                log.warning("no free connection in time")
                return problem_response(UnavailableError("busy", "Too many requests at once; try again."), event)
            except Exception:
                log.exception("request failed")
                return problem_response(unexpected(), event)

        return run

    return decorate


def current_session() -> TenantSession:
    """The session that `@tenant_isolated` opened. Raises TenancyError outside of one."""
    session = _current.get()
    if session is None:
        raise TenancyError("no tenant session is open: decorate the handler with @tenant_isolated")
    return session


def add_header(session: TenantSession, name: str, value: str) -> None:
    """Put a header on the answer of the request that a session is for, if it succeeds."""
    session.info.setdefault("headers_of_success", {})[name] = value


def after_commit(session: TenantSession, act: Callable[[], None]) -> None:
    """Do something once a session's transaction has been committed; a failure of it is logged, no more."""
    session.info.setdefault("after_commit", []).append(act)


def tenant_of(session: TenantSession) -> Tenant:
    """The store that a session was opened for. Raises TenancyError when it was opened for none."""
    found = session.info.get("tenant")
    if not isinstance(found, Tenant):
        raise TenancyError("this session has not entered a store")
    return found


@contextmanager
def tenant_session(store_id: str) -> Iterator[TenantSession]:
    """A session and transaction inside one store: committed at the end, rolled back on an exception.

    Raises NoSuchStoreError when there is no such live store.
    """
    with _transaction(TenantSession(function_engine(), store_id=store_id)) as session:
        session.info["tenant"] = _entered(session, "SELECT * FROM app.open_store(:id)", {"id": store_id}, "id = :id")
        yield session


@contextmanager
def outside(session: TenantSession) -> Iterator[None]:
    """Hold neither transaction nor connection meanwhile, as while somebody slow is called; then enter the store anew.

    What was written until then is committed, and what was read is read again when it is needed. Raises NoSuchStoreError
    when the store is gone afterwards.
    """
    session.commit()
    try:
        yield
    finally:
        session.expire_all()
        store_id = str(session.store_id)
        _entered(session, "SELECT * FROM app.open_store(:id)", {"id": store_id}, "id = :id")


@contextmanager
def storeless_session() -> Iterator[TenantSession]:
    """A session of the function role that has entered no store: what belongs to a store is refused."""
    with _transaction(TenantSession(function_engine(), store_id=None)) as session:
        yield session


@contextmanager
def identity_session() -> Iterator[TenantSession]:
    """A session of the identity role: users, their sessions and tokens, and which stores they belong to."""
    with _transaction(TenantSession(identity_engine(), store_id=None, every_store=True)) as session:
        yield session


@contextmanager
def storefront_session(*, slug: str | None, host: str | None) -> Iterator[TenantSession]:
    """As `tenant_session`, for the store with this domain or else this slug, found and entered in one trip."""
    with _transaction(TenantSession(function_engine(), store_id=None)) as session:
        tenant = _entered(
            session,
            "SELECT * FROM app.open_storefront(:slug, :host)",
            {"slug": slug, "host": host},
            "(domain = :host OR slug = :slug) ORDER BY domain IS :host DESC LIMIT 1",
        )
        session.info["tenant"], session.store_id = tenant, tenant.id
        yield session


@contextmanager
def integration_session(integration_id: str) -> Iterator[TenantSession]:
    """As `tenant_session`, for the store that an integration connects, found and entered in one trip.

    An id proves nothing: do nothing until a signature has been checked. `entered_integration` has what it is checked
    with. Raises NoSuchStoreError for an unknown one, or one that was disconnected.
    """
    with _transaction(TenantSession(function_engine(), store_id=None)) as session:
        call, parameters = "SELECT * FROM app.enter_delivery(:id)", {"id": integration_id}
        row = _entered_row(session, call, parameters, lambda connection: _find_integration(connection, integration_id))
        tenant = _tenant(row)
        session.info["tenant"], session.store_id = tenant, tenant.id
        session.info["integration"] = row
        yield session


def entered_integration(session: TenantSession) -> Any:
    """What `integration_session` has read: `integration_id`, `platform`, `api_url`, `external_shop`, `is_active` and
    the secrets of deliveries, as the columns have them. Raises TenancyError in other sessions.
    """
    found = session.info.get("integration")
    if found is None:
        raise TenancyError("this session was not opened for an integration")
    return found


@contextmanager
def platform_session(*, reason: str, actor: str) -> Iterator[TenantSession]:
    """A session over every store, as the platform role, for purge and operators. The use is audited.

    `reason` says why in a few words, `actor` who: an e-mail address or the name of a job.
    """
    if not reason.strip():
        raise TenancyError("a platform session needs a reason")
    engine = platform_engine()
    # Committed before the look: a look that fails was one all the same.
    with _transaction(TenantSession(engine, store_id=None, every_store=True)) as log_book:
        log_book.add(AuditLog(actor_email=actor, action="platform.session", entity_type="reason", entity_id=reason))
    with _transaction(TenantSession(engine, store_id=None, every_store=True)) as session:
        yield session


@contextmanager
def scheduled_session() -> Iterator[TenantSession]:
    """A session over every store, as the platform role, for what runs on a clock.

    It finds what is due; the work is done in `tenant_session`. Its use is recorded too: by the run's row in job_runs.
    """
    with _transaction(TenantSession(platform_engine(), store_id=None, every_store=True)) as session:
        yield session


@contextmanager
def _transaction(session: TenantSession) -> Iterator[TenantSession]:
    with session:
        yield session
        session.commit()
    for act in session.info.pop("after_commit", ()):
        try:
            act()
        except Exception:
            log.exception("what follows a commit has failed")


def _entered(session: TenantSession, call: str, parameters: dict[str, str | None], where: str) -> Tenant:
    return _tenant(_entered_row(session, call, parameters, lambda connection: _find(connection, parameters, where)))


def _entered_row(
    session: TenantSession, call: str, parameters: Mapping[str, str | None], otherwise: Callable[[Connection], Any]
) -> Any:
    """What the function that enters a store answers; on SQLite, which has none, what is looked up instead."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        row = connection.execute(text(call), parameters).one_or_none()
    else:
        row = otherwise(connection)
    if row is None:
        raise NoSuchStoreError("no such store")
    return row


def _tenant(row: Any) -> Tenant:
    return Tenant(row.id, row.slug, row.status, row.currency, bool(getattr(row, "connected", True)))


def _find(connection: Connection, parameters: Mapping[str, str | None], where: str) -> Any:
    return connection.execute(_live_stores().where(text(where)), dict(parameters)).one_or_none()


def _find_integration(connection: Connection, integration_id: str) -> Any:
    found = ExternalPlatformIntegration.__table__.c
    verified_by = (
        found.id.label("integration_id"),
        *(found.platform, found.api_url, found.external_shop, found.is_active),
        found.platform_settings["shop_id"].as_string().label("external_shop_id"),
        *(found.webhook_secret, found.previous_webhook_secret, found.secret_rotated_at),
    )
    this = (found.store_id == Store.__table__.c.id, found.id == integration_id, found.disconnected_at.is_(None))
    return connection.execute(_live_stores(*verified_by).where(*this)).one_or_none()


def _live_stores(*further: Any) -> Any:
    columns = Store.__table__.c
    status = case((columns.maintenance_mode, MAINTENANCE), else_=columns.status).label("status")
    shops = ExternalPlatformIntegration.__table__.c
    any_shop = exists().where(shops.store_id == columns.id, shops.disconnected_at.is_(None))
    connected = any_shop.correlate(Store.__table__).label("connected")
    query = select(columns.id, columns.slug, status, columns.currency, connected, *further)
    return query.where(columns.deleted_at.is_(None))


def _with_retries(handler: Handler, open_session: OpenSession, event: dict[str, Any], context: Any) -> Response:
    for attempt in range(1, _ATTEMPTS + 1):
        entered: list[TenantSession] = []
        try:
            with open_session(event) as session:
                entered.append(session)
                return _answer(session, handler, event, context)
        except sa_exc.DBAPIError as error:
            if attempt == _ATTEMPTS or not _may_repeat(error, event, begun=bool(entered)):
                raise
            log.info("running the request again", extra={"attempt": attempt})
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads retries, guards nothing
    raise AssertionError("unreachable")


def _answer(session: TenantSession, handler: Handler, event: dict[str, Any], context: Any) -> Response:
    token = _current.set(session)
    try:
        response = handler(event, context)
    finally:
        _current.reset(token)
    if int(response["statusCode"]) >= 400:
        session.rollback()
        session.info.pop("after_commit", None)
    else:
        response["headers"] |= session.info.get("headers_of_success", {})
    response["headers"] |= session.info.get("headers", {})
    return response


def _may_repeat(error: sa_exc.DBAPIError, event: Event, *, begun: bool) -> bool:
    if error.connection_invalidated:
        # Nobody knows whether a lost commit took effect, so what may have written does not go again.
        return not begun or event.get("requestContext", {}).get("http", {}).get("method") in ("GET", "HEAD")
    return is_retryable(error)
