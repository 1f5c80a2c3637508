"""What of ours leaves: a product with its variants, a variant's stock, a parcel, an order's status, as of one moment.

It is read in one transaction and pushed after that.
"""

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.models.enums import OrderStatus, ProductStatus
from shared.sync_changes import VARIANTS


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of its counterpart. `known` is what they have in stock, as far as we know."""

    external_id: str
    parent_id: str | None
    pushes: int = 0
    known: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OurVariant:
    """A variant. `available` is what can be sold: what is on hand and not reserved."""

    id: str
    product_id: str
    sku: str
    barcode: str | None
    price: Decimal
    compare_at_price: Decimal | None
    tracked: bool
    available: int
    weight: Decimal | None
    length: Decimal | None
    width: Decimal | None
    height: Decimal | None
    options: tuple[tuple[str, str], ...]
    is_active: bool
    version: int
    link: Link | None

    @property
    def own_sku(self) -> str | None:
        """The SKU, unless it was made up here for something of theirs that has none."""
        made_up = self.link is not None and self.sku in (f"WC-{self.link.external_id}", f"SH-{self.link.external_id}")
        return None if made_up else self.sku

    @property
    def is_priced(self) -> bool:
        """Whether it has a price: what has none there is here at 0, and not to be bought."""
        return self.is_active or self.price > 0


@dataclass(frozen=True, slots=True)
class OurCategory:
    """A shelf that a product stands on."""

    id: str
    name: str
    slug: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class OurProduct:
    """A product with its live variants, the default one first."""

    id: str
    name: str
    slug: str
    description: str
    short_description: str
    sku: str | None
    status: ProductStatus
    is_taxable: bool
    is_deleted: bool
    version: int
    brand: str | None
    categories: tuple[OurCategory, ...]
    images: tuple[tuple[str, str], ...]
    variants: tuple[OurVariant, ...]
    link: Link | None
    gone_variants: tuple[str, ...]
    """Their ids of variants that we have no more."""
    changed: frozenset[str] | None = None
    """What is to be sent, as `shared.sync_changes.FIELDS` names it; None stands for everything."""

    @property
    def is_plain(self) -> bool:
        """Whether it is its one variant, without options."""
        return len(self.variants) == 1 and not self.variants[0].options

    @property
    def is_whole(self) -> bool:
        """Whether everything is to be sent."""
        return self.changed is None

    @property
    def is_rebuilt(self) -> bool:
        """Whether variants come, go, or get other options."""
        names = self.changed or ()
        is_new = any(variant.link is None for variant in self.variants)
        return self.is_whole or is_new or VARIANTS in names or any(one.endswith(".attributes") for one in names)

    def sends(self, *fields: str) -> bool:
        """Whether one of its own fields is to be sent."""
        return self.changed is None or not self.changed.isdisjoint(fields)

    def sends_of(self, variant: OurVariant, *fields: str) -> bool:
        """Whether one of a variant's fields is to be sent; all of one that they do not have."""
        return variant.link is None or self.sends(*(f"{variant.id}.{field}" for field in fields))

    def touches(self, variant: OurVariant) -> bool:
        """Whether anything of a variant is to be sent."""
        return (
            self.changed is None
            or variant.link is None
            or any(one.startswith(f"{variant.id}.") for one in self.changed)
        )


@dataclass(frozen=True, slots=True)
class ErasedCustomer:
    """A customer of theirs who was erased here, as they are to be there."""

    id: str
    external_id: str


@dataclass(frozen=True, slots=True)
class OurOrder:
    """An order of theirs as it is here."""

    id: str
    external_id: str
    status: OrderStatus


@dataclass(frozen=True, slots=True)
class OurParcel:
    """A parcel of an order of theirs: the `number`-th of it, from 1.

    `lines` are units by their ids of the order's lines; `names` says the same for people. `fulfillments` are what it
    has become there, `pushed` is the digest of what they were told last. `taken` are those of the order's other
    parcels, and `seen` those that were there before they were told of this one.
    """

    id: str
    order: OurOrder
    number: int
    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    lines: dict[str, int]
    names: tuple[tuple[str, int], ...]
    is_whole: bool
    """Whether they know all the lines that it holds units of."""
    has_left: bool
    is_back: bool
    fulfillments: tuple[str, ...] = ()
    pushed: str | None = None
    taken: frozenset[str] = frozenset()
    seen: tuple[str, ...] | None = None

    @property
    def digest(self) -> str:
        """Of what the shop is told."""
        told = [self.carrier, self.tracking_number, self.tracking_url, self.lines, self.is_back]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
