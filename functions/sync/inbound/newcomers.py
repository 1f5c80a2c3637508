"""Many products at once, of which nobody here has heard: a first import, in a few statements for a whole page.

What it makes is what products.apply and variants.apply would have made one by one, and what is not as plain as that is
left to them: a product that is known, or wants a SKU or a slug that something else has, or that was said to be gone.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from functions.sync.entities import PRODUCT, STOCK, VARIANT, ExternalProduct, ExternalVariant
from functions.sync.inbound import (
    links,
    lives,
    placeholders,
    policies,
    pools,
    products,
    shelves,
    stock,
    variants,
    versions,
)
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from shared.database import is_retryable
from shared.models import ExternalLink, Media, Product, Variant
from shared.plan_limits import Resource, take_place
from shared.slugs import claim
from shared.stock import set_levels
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
_AT_ONCE = 200
"""Variants that are made at once, or a product with more."""


@dataclass(frozen=True, slots=True)
class Family:
    """A product and its variants, and where in the page it and those that came on their own are."""

    product: ExternalProduct
    variants: tuple[ExternalVariant, ...]
    places: tuple[int, ...]

    def inherited(self, integration: Integration) -> set[str]:
        """The SKUs that its variants have of it alone."""
        told = {one.external_id: one.sku for one in self.variants if one.external_id != self.product.external_id}
        return variants.inherited(integration, self.product.sku, told) if told else set()

    def skus(self, integration: Integration) -> list[str]:
        """What its variants are sold under here."""
        inherited = self.inherited(integration)
        return [variants.sku_of(integration, one, inherited) for one in self.variants]

    def wanted(self, integration: Integration) -> set[str]:
        """All SKUs that it wants for itself."""
        return {*self.skus(integration), *([self.product.sku] if self.product.sku else ())}


@dataclass(slots=True)
class Seen:
    """What a page holds: what came of that which says nothing new, by place, and what is new, by each of its places."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    new: dict[int, Family] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Made:
    """A product that is about to be written, its links beside it."""

    family: Family
    link: ExternalLink
    row: Product
    pictures: list[Media]
    variants: list[Variant]
    levels: dict[str, int]


def seen(session: TenantSession, integration: Integration, entities: Sequence[Any]) -> Seen:
    """Look at a whole page, in a few statements whatever it holds."""
    families = list(_families(entities))
    currency = policies.currency_of(integration)
    if not families or not policies.comes_in(integration, PRODUCT):
        return Seen()
    if currency and currency.upper() != tenant_of(session).currency:
        return Seen()
    known = _known(session, integration, families)
    found = Seen()
    for family in families:
        if _says_nothing_new(integration, family, known):
            ids = [known[PRODUCT][family.product.external_id].entity_id]
            ids += [known[VARIANT][one.external_id].entity_id for one in family.variants]
            found.outcomes |= {place: Outcome(Result.UNCHANGED, ids[at]) for at, place in enumerate(family.places)}
    new = [family for family in families if not _names(family) & _named(known)]
    for family in _unrivalled(session, integration, new):
        found.new |= dict.fromkeys(family.places, family)
    return found


def make(session: TenantSession, integration: Integration, found: Seen) -> dict[int, Outcome]:
    """Make what is new. Returns what came of it, by place; of what could not be made nothing is there."""
    families = list({family.places[0]: family for family in found.new.values()}.values())
    outcomes: dict[int, Outcome] = {}
    batch: list[Family] = []
    for family in families:
        if batch and sum(len(one.variants) for one in (*batch, family)) > _AT_ONCE:
            outcomes |= _halved(session, integration, batch)
            batch = []
        batch.append(family)
    return outcomes | _halved(session, integration, batch)


def _families(entities: Sequence[Any]) -> Iterator[Family]:
    """Products with their variants, those that follow them too; each that a page names more than once is left out."""
    often = Counter(
        (type(one), one.external_id) for one in entities if isinstance(one, ExternalProduct | ExternalVariant)
    )
    place = 0
    while place < len(entities):
        begin, product = place, entities[place]
        place += 1
        if not isinstance(product, ExternalProduct):
            continue
        while place < len(entities) and _is_of(entities[place], product):
            place += 1
        own = tuple(versions.dated_as(one, product) for one in product.variants or ())
        family = Family(product, (*own, *entities[begin + 1 : place]), (begin, *range(begin + 1, place)))
        if _is_plain(family) and all(often[type(one), one.external_id] == 1 for one in entities[begin:place]):
            yield family


def _is_of(entity: Any, product: ExternalProduct) -> bool:
    return isinstance(entity, ExternalVariant) and entity.product_id == product.external_id


def _is_plain(family: Family) -> bool:
    """Whether all of it is there, once, and nobody has heard anything else."""
    ids = [one.external_id for one in family.variants]
    listed = family.product.variant_ids
    return (
        not family.product.deleted
        and not any(one.deleted for one in family.variants)
        and not any(one.restored_by for one in (family.product, *family.variants))
        and len(set(ids)) == len(ids)
        and (listed is None or set(ids) <= set(listed))
        # What is embedded comes under the product's places, and what follows it under its own.
        and (not family.product.variants or len(family.places) == 1)
    )


def _known(
    session: TenantSession, integration: Integration, families: Iterable[Family]
) -> dict[str, dict[str, ExternalLink]]:
    theirs = [family.product.external_id for family in families]
    parts = [one.external_id for family in families for one in family.variants]
    items = [one.inventory_item_id for family in families for one in family.variants if one.inventory_item_id]
    return {
        # Word of a variation's end names it as a product.
        PRODUCT: links.known(session, integration, PRODUCT, [*theirs, *parts]),
        VARIANT: links.known(session, integration, VARIANT, parts),
        STOCK: links.known(session, integration, STOCK, items),
    }


def _names(family: Family) -> set[tuple[str, str]]:
    parts = [one.external_id for one in family.variants]
    items = [one.inventory_item_id for one in family.variants if one.inventory_item_id]
    own = {(PRODUCT, one) for one in (family.product.external_id, *parts)}
    return own | {(VARIANT, one) for one in parts} | {(STOCK, one) for one in items}


def _named(known: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(entity_type, one) for entity_type, found in known.items() for one in found}


def _says_nothing_new(
    integration: Integration, family: Family, known: Mapping[str, Mapping[str, ExternalLink]]
) -> bool:
    """Whether all of it was seen before, just so, and is here."""
    counts = policies.comes_in(integration, STOCK)
    pairs: list[tuple[ExternalLink | None, Any]]
    pairs = [(known[PRODUCT].get(family.product.external_id), family.product)]
    pairs += [(known[VARIANT].get(one.external_id), one) for one in family.variants]
    return all(
        link is not None
        and not links.is_stub(link)
        and not lives.is_gone(link)
        and link.details.get("live") is True
        and versions.is_known(link, one)
        and (link.details.get("stock") is not None or not counts or getattr(one, "stock", None) is None)
        for link, one in pairs
    )


def _unrivalled(session: TenantSession, integration: Integration, families: Sequence[Family]) -> list[Family]:
    """Those that want nothing which something here has, or another of the page wants too."""
    skus = Counter(sku for family in families for sku in family.wanted(integration))
    slugs = Counter(products.wanted_slug(family.product) for family in families)
    if not families:
        return []
    taken: set[str | None] = set(session.scalars(select(Variant.sku).where(Variant.sku.in_(skus))))
    query = select(Product.sku, Product.slug).where(Product.sku.in_(skus) | Product.slug.in_(slugs))
    for sku, slug in session.execute(query):
        taken.add(sku)
        slugs[slug] += 1
    return [
        family
        for family in families
        if slugs[products.wanted_slug(family.product)] == 1
        and all(skus[sku] == 1 and sku not in taken for sku in family.wanted(integration))
        and len(set(family.skus(integration))) == len(family.variants)
    ]


def _halved(session: TenantSession, integration: Integration, families: Sequence[Family]) -> dict[int, Outcome]:
    """Make all, or each half: what cannot be made is found, and the others are there."""
    if not families:
        return {}
    try:
        with session.begin_nested():
            return _at_once(session, integration, families)
    except Exception as error:
        if isinstance(error, DBAPIError) and (error.connection_invalidated or is_retryable(error)):
            raise
        log.info("a page is made by halves", extra={"integration_id": integration.id, "because": type(error).__name__})
    if len(families) == 1:
        return {}
    middle = len(families) // 2
    first = _halved(session, integration, families[:middle])
    return first | _halved(session, integration, families[middle:])


def _at_once(session: TenantSession, integration: Integration, families: Sequence[Family]) -> dict[int, Outcome]:
    # In the order in which links are locked.
    made = [_product(session, integration, one) for one in sorted(families, key=lambda one: one.product.external_id)]
    for one in made:
        _add_variants(session, integration, one)
    session.flush()
    _write(session, integration, made)
    # Last: whoever makes something in this store waits for it.
    take_place(session, Resource.PRODUCTS, len(made))
    return {place: outcome for one in made for place, outcome in _outcomes(one)}


def _write(session: TenantSession, integration: Integration, made: Sequence[_Made]) -> None:
    entities = [one.family.product for one in made]
    ids = shelves.categories(session, integration, entities)
    qualities = shelves.attributes(session, [pair for one in entities for pair in one.attributes or ()])
    brands = {name: shelves.brand(session, name) for name in sorted({one.brand for one in entities if one.brand})}
    claim(session, "product", *(one.row.slug for one in made))
    for one in made:
        entity = one.family.product
        one.row.brand_id = brands.get(entity.brand or "")
        session.add_all((one.row, *one.variants, *one.pictures))
        session.add_all(shelves.placed(one.row, entity, ids))
        session.add_all(shelves.described(one.row, entity.attributes or (), qualities))
    session.flush()
    levels = {variant: units for one in made for variant, units in one.levels.items()}
    if levels:
        set_levels(session, levels, stock.counted(integration))


def _product(session: TenantSession, integration: Integration, family: Family) -> _Made:
    entity = family.product
    link = links.fresh(session, integration, PRODUCT, entity.external_id)
    row = placeholders.row(link.entity_id, entity.name)
    products.fill(row, entity)
    row.slug, row.sku = products.wanted_slug(entity), entity.sku
    pictures = shelves.shown(row, link, entity.images or ())
    if entity.variant_ids is not None:
        links.detail(link, variant_ids=list(entity.variant_ids))
    links.detail(link, sku=entity.sku)
    pools.note(link, entity)
    _agree(session, link, entity)
    return _Made(family, link, row, pictures, [], {})


def _add_variants(session: TenantSession, integration: Integration, one: _Made) -> None:
    theirs = sorted(one.family.variants, key=lambda variant: variant.external_id)
    first = variants.first_of(each.external_id for each in theirs) if theirs else None
    parent, inherited = one.family.product.external_id, one.family.inherited(integration)
    for entity in theirs:
        link = links.fresh(session, integration, VARIANT, entity.external_id, parent)
        row = variants.made(one.row, link)
        row.sku, row.is_default = variants.sku_of(integration, entity, inherited), entity.external_id == first
        links.detail(link, sku=entity.sku, pooled=entity.is_pooled or None)
        variants.fill(session, integration, row, entity)
        one.variants.append(row)
        if units := stock.begin(session, integration, link, pools.share(one.link, link) or entity):
            one.levels[row.id] = units
        if entity.inventory_item_id:
            links.fresh(session, integration, STOCK, entity.inventory_item_id, entity.external_id)
            links.detail(link, inventory_item_id=entity.inventory_item_id)
        _agree(session, link, entity)


def _agree(session: TenantSession, link: ExternalLink, entity: Any) -> None:
    links.bind(session, link)
    links.detail(link, live=True, version=1)
    versions.note(link, entity)


def _outcomes(one: _Made) -> Iterator[tuple[int, Outcome]]:
    """Of the product, and of its variants that came on their own."""
    yield one.family.places[0], Outcome(Result.CREATED, one.link.entity_id)
    theirs = sorted(one.family.variants, key=lambda variant: variant.external_id)
    ours = {entity.external_id: row.id for entity, row in zip(theirs, one.variants, strict=True)}
    for entity, place in zip(one.family.variants, one.family.places[1:], strict=False):
        yield place, Outcome(Result.CREATED, ours[entity.external_id])
