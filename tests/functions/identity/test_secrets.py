"""A stolen database opens nothing: what was handed out, or typed as a secret, is in none of its columns."""

import base64
from collections.abc import Iterator

from sqlalchemy import text

from shared.models import Session, User
from tests.api import api, deliver_mails, principal_context
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import OTHER, PASSWORD, enrol, found, join, login, make_user

WRONG, LATEST = "Wrong-Horse-1", "Another-Pass-9"
NEWCOMER = "newcomer@example.com"


def walk(mailbox: Mailbox) -> set[str]:
    """Do all that hands out or takes secrets. Returns them."""
    person, stores = make_user(), [make_store(), make_store()]
    for store_id in stores:
        join(person, store_id)
    api("POST", "/v1/auth/register", {"email": NEWCOMER, "password": PASSWORD, "name": "Newcomer"})
    authenticator, codes = enrol(person)
    opened = login(person.email, code=codes[0]).json["token"]
    body = {"password": PASSWORD, "code": codes[1]}
    renewed = api("POST", "/v1/auth/mfa/backup-codes", body, token=opened).json["backup_codes"]
    switched = api("POST", "/v1/auth/switch-store", {"store_id": stores[1]}, token=opened).json["token"]
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert api("PUT", "/v1/auth/password", body, token=switched).status == 204
    for _ in range(5):
        login(person.email, WRONG)
    for path in ("forgot", "verify/resend"):
        for email in (person.email, NEWCOMER):
            api("POST", f"/v1/auth/{path}", {"email": email})
    deliver_mails()
    links = {mail.token for mail in mailbox.mails() if "stc_" in mail.text}
    assert len(links) == 5, [mail.subject for mail in mailbox.mails()]
    body = {"token": mailbox.last(person.email).token, "password": LATEST}
    assert api("POST", "/v1/auth/reset", body).status == 204
    last = login(person.email, LATEST, code=renewed[0]).json["token"]
    return {PASSWORD, OTHER, WRONG, LATEST, opened, switched, last, authenticator.secret, *codes, *renewed, *links}


def forms_of(secret: str) -> Iterator[str]:
    """A secret as it stands, and as it would look encoded."""
    raw = secret.encode()
    yield secret.lower()
    yield raw.hex()
    yield base64.b64encode(raw[: len(raw) // 3 * 3]).decode().lower()
    if secret.isalnum() and secret.isupper():
        yield base64.b32decode(secret).hex()
        yield base64.b64encode(base64.b32decode(secret)).decode().rstrip("=").lower()


def dumped(database: Database) -> dict[str, str]:
    """Every table as text, in lower case."""
    engine = database.engine("PLATFORM_DATABASE_URL")
    with engine.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'")
        )
        return {
            name: "\n".join(str(row) for row in connection.execute(text(f"SELECT t::text FROM {name} t")).scalars())
            for (name,) in names.all()
        }


def test_nothing_secret_is_stored_as_it_is(database: Database, mailbox: Mailbox) -> None:
    secrets = walk(mailbox)
    tables = {name: content.lower() for name, content in dumped(database).items() if content}
    assert {"users", "sessions", "verification_tokens", "audit_logs", "account_mails", "password_histories"} <= set(
        tables
    )
    leaks = {
        (table, secret)
        for table, content in tables.items()
        for secret in secrets
        for form in forms_of(secret)
        if form in content
    }
    assert leaks == set()


def test_the_dump_would_show_a_leak(database: Database, mailbox: Mailbox) -> None:
    make_user(name="stc_leaked", image=base64.b64encode(b"stc_leaked").decode(), mfa_secret=b"stc_leaked".hex())
    users = dumped(database)["users"].lower()
    assert [form in users for form in forms_of("stc_leaked")] == [True] * 3


def test_what_is_stored_is_not_what_opens(database: Database) -> None:
    person = make_user()
    opened = login(person.email).json["token"]
    (user,), (session,) = found(User), found(Session)
    assert login(person.email, str(user.password_hash)).status == 401
    assert principal_context(session.session_token_hash) == {"kind": "none"}
    assert principal_context(opened)["user_id"] == person.id
