"""How often somebody may try in a store: from one address, and at one account.

An attempt is counted before the password is looked at, and committed at once, in the request's own connection: a
hundred guesses at once are a hundred attempts, a refused request cannot take its own back, and no request holds two
connections, which could wait for itself. So count before anything is written.
"""

from sqlalchemy import delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from shared.attempts import Rule, key_of, with_another
from shared.errors import TooManyError
from shared.models import CustomerAttempts
from shared.models.base import new_id, now
from shared.tenancy import tenant_of, tenant_session
from shared.tenant_session import TenantSession


def note(session: TenantSession, rule: Rule, subject: str) -> int:
    """Count an attempt. Returns how many there are in the window now; raises TooManyError for one too many."""
    row = _locked_row(session, key_of(rule, subject))
    row.times = with_another(rule, row.times, now())
    session.commit()
    enter_again(session)
    return len(row.times)


def may(session: TenantSession, rule: Rule, subject: str) -> bool:
    """Count an attempt. Returns whether it is allowed."""
    try:
        note(session, rule, subject)
    except TooManyError:
        return False
    return True


def forget(session: TenantSession, rule: Rule, subject: str) -> None:
    """Begin to count anew."""
    gone = delete(CustomerAttempts).where(CustomerAttempts.key == key_of(rule, subject))
    session.execute(gone.execution_options(synchronize_session=False))


def excuse(session: TenantSession, rule: Rule, subject: str) -> None:
    """Begin to count anew although the request is refused, and rolled back: for something else than a guess."""
    session.rollback()
    with tenant_session(tenant_of(session).id) as own:
        forget(own, rule, subject)


def enter_again(session: TenantSession) -> None:
    """Go on in the same store after a commit or a rollback: PostgreSQL forgets the store with the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT app.enter_store(:id)"), {"id": tenant_of(session).id})


def _locked_row(session: TenantSession, key: str) -> CustomerAttempts:
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(CustomerAttempts)
    # One that is there already stays as it is, and nobody waits for the other's.
    new = insert.values(id=new_id(), key=key, times=[])
    columns = [CustomerAttempts.store_id, CustomerAttempts.key]
    session.execute(new.on_conflict_do_nothing(index_elements=columns))
    query = select(CustomerAttempts).where(CustomerAttempts.key == key).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()
