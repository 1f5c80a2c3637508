"""Amounts that a body gives, in coins that there are."""

from decimal import Decimal

from shared.currency import decimals
from shared.errors import FieldError, invalid
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def check_amounts(session: TenantSession, **amounts: Decimal | None) -> None:
    """Raises InvalidError naming each amount that the store's currency has no coins for."""
    places = decimals(tenant_of(session).currency)
    odd = [name for name, amount in amounts.items() if amount is not None and amount != round(amount, places)]
    if odd:
        message = f"The store's currency has {places} decimals."
        raise invalid([FieldError(loc=["body", name], message=message) for name in odd])
