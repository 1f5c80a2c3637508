"""What came of a push: what of ours is what of theirs now, as their answers say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions.sync.entities import ExternalProduct, ExternalVariant
from functions.sync.outbound.outgoing import ErasedCustomer, OurOrder, OurParcel, OurProduct, OurVariant
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials


@dataclass(slots=True)
class Written:
    """Their answers. `variants` and `categories` are theirs by our id; a number is pushed stock."""

    product: ExternalProduct | None = None
    variants: dict[str, ExternalVariant] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    """What of ours their stock was brought in step with, by our id of the variant."""
    categories: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    """For the product's link."""
    gone: bool = False
    """It is not there any more."""
    fulfillments: tuple[str, ...] = ()
    """Their ids of what a parcel has become."""
    void: str | None = None
    """Our id of a variant whose intended change was not made."""
    note: tuple[str, str] | None = None
    """What of it was not taken, though the rest was: a stable code and a sentence."""
    refused: RefusedError | None = None
    """What some of it was refused with, while the rest was done."""
    again: bool = False
    """Only what was done before was found; there may be more to do."""


Created = Callable[[str], None]
"""Called with their id of a product as soon as it is made, to be kept at once."""

Intended = Callable[[list[Any]], None]
"""Called with what is meant before it is asked for, to be kept: of stock the count of the change, what was there, and
what is to be; of a parcel the ids of the fulfilments that were there before it."""


class Writer(Protocol):
    """How a platform is written to. Each raises the errors of `shared.platforms.errors`, and may be done again."""

    def write_product(
        self, credentials: Credentials, settings: dict[str, Any], ours: OurProduct, created: Created, /
    ) -> Written:
        """Make or change a product; what has its SKUs already is it."""

    def remove_product(self, credentials: Credentials, ours: OurProduct, /) -> Written:
        """Take a product out of the shop."""

    def write_stock(
        self, credentials: Credentials, settings: dict[str, Any], ours: OurVariant, intended: Intended, /
    ) -> Written:
        """Bring their stock in step: by as much as ours has changed, or to what ours is if they never told theirs."""

    def write_parcel(
        self, credentials: Credentials, settings: dict[str, Any], ours: OurParcel, intended: Intended, /
    ) -> Written:
        """Tell of a parcel that has left, of what has changed about it, or that it has come back."""

    def write_order(self, credentials: Credentials, ours: OurOrder, /) -> Written:
        """Tell how far an order has come."""

    def erase_customer(self, credentials: Credentials, ours: ErasedCustomer, /) -> Written:
        """Have the data of a customer erased there too."""
