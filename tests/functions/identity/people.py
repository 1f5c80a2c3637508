"""What the tests of identity share: people who exist already, and the cheapest way to their tokens and mails."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from threading import Barrier
from typing import Any, NamedTuple, TypeVar

import pyotp
from sqlalchemy import select

from functions.identity.passwords import hash_password
from shared.models import AuditLog, Base, PasswordHistory, PlatformMember, Role, Session, User, UserStore
from shared.models.base import new_id, now
from shared.tenancy import identity_session, platform_session
from shared.tenant_session import TenantSession
from shared.tokens import new_token, session_end, token_hash
from tests.api import api
from tests.calls import Answer

PASSWORD, OTHER = "Correct-Horse-7", "Battery-Staple-8"
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""Where tests that set the clock begin: a Monday, at the beginning of a TOTP step."""
_numbers = count(1)
M = TypeVar("M", bound=Base)
T = TypeVar("T")


class Person(NamedTuple):
    """A user, as a test speaks of them."""

    id: str
    email: str


@contextmanager
def everything() -> Iterator[TenantSession]:
    """A session of the test's own over every table."""
    with platform_session(reason="test", actor="tests") as session:
        yield session


def make_user(**given: Any) -> Person:
    """A verified user with PASSWORD, who has never signed in."""
    facts: dict[str, Any] = {
        "id": new_id(),
        "email": f"user-{next(_numbers)}@example.com",
        "name": "Ada",
        "email_verified": now(),
        "password_hash": _hash_of(given.pop("password", PASSWORD)),
    }
    user = User(**(facts | given))
    person = Person(user.id, user.email)
    with identity_session() as session:
        session.add(user)
        session.flush()
        if user.password_hash and user.email_verified:
            session.add(PasswordHistory(user_id=user.id, password_hash=user.password_hash))
    return person


def token_of(person: Person, store_id: str | None = None, **given: Any) -> str:
    """The token of a session that has just begun."""
    token, moment = new_token(), now()
    facts = {
        "user_id": person.id,
        "session_token_hash": token_hash(token),
        "created_at": moment,
        "last_used_at": moment,
        "expires": session_end(moment, moment),
        "active_store_id": store_id,
    }
    with identity_session() as session:
        session.add(Session(**(facts | given)))
    return token


def join(person: Person, store_id: str, role: str = "STAFF", **given: Any) -> None:
    """Make somebody a member of a store."""
    with everything() as session:
        session.add(UserStore(user_id=person.id, store_id=store_id, role_id=_role(session, role), **given))


def promote(person: Person) -> None:
    """Make somebody a SUPER_ADMIN."""
    with everything() as session:
        session.add(PlatformMember(user_id=person.id, role_id=_role(session, "SUPER_ADMIN")))


def login(email: str, password: str = PASSWORD, code: str | None = None, ip: str = "203.0.113.1") -> Answer:
    """The answer to a sign-in."""
    body = {"email": email, "password": password} | ({} if code is None else {"code": code})
    return api("POST", "/v1/auth/login", body, ip=ip)


def change(model: type[M], row_id: str, **values: Any) -> None:
    """Change a row past the API."""
    with everything() as session:
        row = session.get_one(model, row_id)
        for name, value in values.items():
            setattr(row, name, value)


def found(model: type[M], *where: Any) -> Sequence[M]:
    """Rows, oldest first."""
    with everything() as session:
        return session.scalars(select(model).where(*where).order_by(model.created_at)).all()


def audited(action: str) -> Sequence[AuditLog]:
    """What the audit log says of an action, oldest first."""
    return found(AuditLog, AuditLog.action == action)


def enrol(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """Give somebody a second factor. Returns their authenticator and the backup codes."""
    token = token_of(person)
    begun = api("POST", "/v1/auth/mfa/enrol", {"password": PASSWORD}, token=token)
    assert begun.status == 200, begun.text
    authenticator = pyotp.TOTP(begun.json["secret"])
    done = api("POST", "/v1/auth/mfa/confirm", {"code": code_of(authenticator)}, token=token)
    assert done.status == 200, done.text
    return authenticator, done.json["backup_codes"]


def code_of(authenticator: pyotp.TOTP, steps: int = 0) -> str:
    """The code of this moment, or of so many steps later."""
    return authenticator.at(now(), counter_offset=steps)


def at_once(number: int, act: Callable[[int], T]) -> list[T]:
    """What each of so many threads gets that begin together."""
    together = Barrier(number)

    def run(index: int) -> T:
        together.wait(timeout=60)
        return act(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))


@cache
def _hash_of(password: str | None) -> str | None:
    return None if password is None else hash_password(password)


def _role(session: TenantSession, slug: str) -> str:
    return session.scalars(select(Role.id).where(Role.slug == slug)).one()
