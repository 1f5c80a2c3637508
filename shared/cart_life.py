"""How long carts live. Whoever changes one puts its end off, so that the end tells when it was changed last."""

from datetime import datetime, timedelta

from shared.models import Cart

LASTS = timedelta(days=30)
"""How long a cart is kept after its last change."""


def last_change(cart: Cart) -> datetime:
    """When a shopper changed a cart last (UTC)."""
    return cart.expires_at - LASTS
