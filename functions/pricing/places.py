"""Places of requests, for the pricing rules."""

from functions.pricing.schemas import PlaceGiven
from shared.pricing import Address


def address_of(place: PlaceGiven) -> Address:
    """The address that the rules look at: the state without its country."""
    country, _, code = (place.state or "").replace(":", "-").partition("-")
    state = code if code and country == place.country else place.state or ""
    return Address(place.country, state, place.city or "", place.postal_code or "")
