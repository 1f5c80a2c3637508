"""Transactions of their own inside a request, for what must be committed before a shop is called.

A shop that is told of an address calls it at once: the integration has to be there, or what it says is lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.audit import act_as
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession


@contextmanager
def own_transaction(session: TenantSession) -> Iterator[TenantSession]:
    """Another transaction in the same store, for the same person, committed at the end; for inside of `outside`."""
    with tenant_session(str(session.store_id)) as inner:
        act_as(inner, session.info["actor"])
        yield inner
