"""How often somebody may try: from one address, and at one account.

An attempt is counted before the password is looked at, in a transaction of its own: a hundred guesses at once are a
hundred attempts, and a refused request cannot take its own back. So count before the request's own session begins: a
function that holds two connections at once may wait for itself.
"""

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from shared.attempts import AT_ACCOUNT, BY_MAIL, MAILS, SIGN_IN, Rule, key_of, with_another
from shared.errors import TooManyError
from shared.models import SignInAttempts
from shared.models.base import now
from shared.tenancy import identity_session
from shared.tenant_session import TenantSession

__all__ = ["AT_ACCOUNT", "BY_MAIL", "MAILS", "SIGN_IN", "Rule", "excuse", "forget", "may", "note"]


def note(rule: Rule, subject: str) -> int:
    """Count an attempt. Returns how many there are in the window now; raises TooManyError for one too many."""
    with identity_session() as session:
        row = _locked_row(session, rule, subject)
        row.times = with_another(rule, row.times, now())
        return len(row.times)


def may(rule: Rule, subject: str) -> bool:
    """Count an attempt. Returns whether it is allowed."""
    try:
        note(rule, subject)
    except TooManyError:
        return False
    return True


def forget(session: TenantSession, rule: Rule, subject: str) -> None:
    """Begin to count anew."""
    session.execute(delete(SignInAttempts).where(SignInAttempts.id == key_of(rule, subject)))


def excuse(session: TenantSession, rule: Rule, subject: str) -> None:
    """Begin to count anew although the request is refused, and rolled back: for something else than a guess."""
    session.rollback()
    with identity_session() as own:
        forget(own, rule, subject)


def _locked_row(session: TenantSession, rule: Rule, subject: str) -> SignInAttempts:
    key = key_of(rule, subject)
    row = session.get(SignInAttempts, key, with_for_update=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(SignInAttempts(id=key, times=[]))
        except IntegrityError:
            pass  # somebody else has made it just now
        row = session.get_one(SignInAttempts, key, with_for_update=True, populate_existing=True)
    return row
