"""What a store knows already of the products in a part of a file, read at once and locked."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from functions.catalog.transfers.products import GivenProduct
from shared.models import Media, Product, ProductAttribute, ProductCategory, ProductLabel, Variant
from shared.tenant_session import TenantSession


@dataclass(slots=True)
class Parts:
    """A product of the store with all its parts."""

    product: Product
    variants: list[Variant] = field(default_factory=list)
    places: list[ProductCategory] = field(default_factory=list)
    attributes: list[ProductAttribute] = field(default_factory=list)
    labels: list[ProductLabel] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)


@dataclass(slots=True)
class Known:
    """Products of the store by id, and whose each slug and SKU is that the file names."""

    parts: dict[str, Parts]
    slugs: dict[str, str]
    product_skus: dict[str, str]
    skus: dict[str, tuple[str, str]]
    """The product and the variant that have a SKU."""

    def find(self, given: GivenProduct, first_row_of: Callable[[str], int | None]) -> Parts | None:
        """The product that is meant: by its slug, else by a SKU, else by the slug that its name makes.

        A SKU that an earlier row of the file has says nothing of this one.
        """
        if given.has_slug:
            return self._of(self.slugs.get(given.slug))
        if given.product_sku in self.product_skus:
            return self._of(self.product_skus[given.product_sku])
        skus = [variant.sku for variant in given.variants if variant.sku]
        if skus or given.product_sku:
            own = (one.sku for one in given.variants if one.sku in self.skus and first_row_of(one.sku) == one.row)
            return self._of(next((self.skus[sku][0] for sku in own if sku), None))
        return self._of(self.slugs.get(given.slug))

    def _of(self, product_id: str | None) -> Parts | None:
        return self.parts.get(product_id) if product_id else None


def load(session: TenantSession, chunk: Sequence[GivenProduct]) -> Known:
    """Read and lock what a chunk may change, products before variants, each in the order of their ids."""
    slugs = _pairs(session, Product.slug, Product.id, {given.slug for given in chunk if given.slug})
    wanted = {given.product_sku for given in chunk if given.product_sku}
    product_skus = _pairs(session, Product.sku, Product.id, wanted)
    skus = _skus(session, {variant.sku for given in chunk for variant in given.variants if variant.sku})
    known = Known({}, slugs, product_skus, skus)
    ids = sorted({*slugs.values(), *product_skus.values(), *(product for product, _ in skus.values())})
    if not ids:
        return known
    locked = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update(of=Product)
    known.parts = {row.id: Parts(row) for row in session.scalars(locked)}
    variants = select(Variant).where(Variant.product_id.in_(ids)).order_by(Variant.id).with_for_update(of=Variant)
    for row in session.scalars(variants):
        known.parts[row.product_id].variants.append(row)
    _add(session, known, ids)
    for parts in known.parts.values():
        parts.variants.sort(key=lambda row: (not row.is_default, row.created_at, row.id))
    return known


def _add(session: TenantSession, known: Known, ids: list[str]) -> None:
    models: list[tuple[str, Any]] = [
        ("places", ProductCategory),
        ("attributes", ProductAttribute),
        ("labels", ProductLabel),
        ("media", Media),
    ]
    for name, model in models:
        found = defaultdict(list)
        for row in session.scalars(select(model).where(model.product_id.in_(ids)).order_by(model.id)):
            found[row.product_id].append(row)
        for product_id, parts in known.parts.items():
            setattr(parts, name, found[product_id])
    for parts in known.parts.values():
        parts.media.sort(key=lambda row: (row.display_order, row.id))


def _pairs(session: TenantSession, column: Any, other: Any, values: Iterable[str]) -> dict[str, str]:
    wanted = sorted(values)
    rows = session.execute(select(column, other).where(column.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}


def _skus(session: TenantSession, skus: Iterable[str]) -> dict[str, tuple[str, str]]:
    wanted = sorted(skus)
    query = select(Variant.sku, Variant.product_id, Variant.id).where(Variant.sku.in_(wanted))
    return {row.sku: (row.product_id, row.id) for row in session.execute(query)} if wanted else {}
