"""What products of a file refer to: brands, categories, attributes and tax rates. What the store lacks is made."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from slugify import slugify
from sqlalchemy import or_, select

from functions.catalog import attributes, brands, categories
from functions.catalog.schemas import AttributeCreate, BrandCreate, CategoryCreate
from functions.catalog.transfers import cells as cell
from functions.catalog.transfers.products import GivenProduct
from shared.models import Attribute, Brand, Category, TaxRate
from shared.models.enums import AttributeType
from shared.tenant_session import TenantSession

MOST_VALUES = 500


@dataclass(slots=True)
class References:
    """The store's own, by their slugs and names."""

    session: TenantSession
    brands: dict[str, str]
    categories_by_slug: dict[str, str]
    categories_by_place: dict[tuple[str | None, str], str]
    attributes: dict[str, Attribute]
    tax_rates: dict[str, str | None]

    def brand(self, name: str) -> str:
        """The id of the brand with this slug or name."""
        found = self.brands.get(name) or self.brands.get(f"={name.casefold()}")
        if found is None:
            row = brands.create_brand(self.session, BrandCreate(name=name))
            found = self.brands[row.slug] = self.brands[f"={name.casefold()}"] = row.id
        return found

    def category(self, path: list[str]) -> str:
        """The id of the category with this slug, or at the end of this path of names."""
        if len(path) == 1 and path[0] in self.categories_by_slug:
            return self.categories_by_slug[path[0]]
        parent: str | None = None
        for name in path:
            place = (parent, name.casefold())
            if place not in self.categories_by_place:
                made = categories.create_category(self.session, CategoryCreate(name=name, parent_id=parent))
                self.categories_by_place[place] = self.categories_by_slug[made.slug] = made.id
            parent = self.categories_by_place[place]
        return str(parent)

    def attribute(self, name: str, values: Iterable[str], *, is_option: bool) -> Attribute:
        """The attribute with this slug or name, with these among its possible values.

        What is a text to describe products by has no list of them, unless variants are told apart by it.
        """
        row = self.attributes.get(name) or self.attributes.get(slugify(name) or name)
        if row is None:
            kind = AttributeType.SELECT if is_option else AttributeType.TEXT
            row = attributes.create_attribute(self.session, AttributeCreate(name=name, type=kind))
            self.attributes[row.slug] = row
        if is_option or row.type is not AttributeType.TEXT:
            self._extend(row, values)
        return row

    def _extend(self, row: Attribute, values: Iterable[str]) -> None:
        if all(value in row.values for value in values):
            return
        # Somebody else may be adding to it too.
        self.session.flush()
        self.session.refresh(row, with_for_update=True)
        row.values = [*row.values, *(value for value in values if value not in row.values)]


def load(session: TenantSession, chunk: Iterable[GivenProduct]) -> References:
    """What the store has of that which a chunk refers to."""
    given = list(chunk)
    named = {name.strip() for one in given if (name := one.cells.get("brand"))}
    rates = {one.cells["tax_rate"].strip() for one in given if "tax_rate" in one.cells}
    by_slug, by_place = _categories(session) if any(_is_placed(one) for one in given) else ({}, {})
    return References(
        session, _brands(session, named), by_slug, by_place, _attributes(session, given), _rates(session, rates)
    )


def _is_placed(given: GivenProduct) -> bool:
    return "categories" in given.cells or "primary_category" in given.cells


def _brands(session: TenantSession, named: set[str]) -> dict[str, str]:
    if not named:
        return {}
    wanted = sorted(named)
    query = select(Brand.id, Brand.slug, Brand.name).where(or_(Brand.slug.in_(wanted), Brand.name.in_(wanted)))
    rows = session.execute(query.order_by(Brand.id)).all()
    return {f"={row.name.casefold()}": row.id for row in rows} | {row.slug: row.id for row in rows}


def _categories(session: TenantSession) -> tuple[dict[str, str], dict[tuple[str | None, str], str]]:
    query = select(Category.id, Category.slug, Category.name, Category.parent_id).order_by(Category.id.desc())
    rows = session.execute(query).all()
    return {row.slug: row.id for row in rows}, {(row.parent_id, row.name.casefold()): row.id for row in rows}


def _attributes(session: TenantSession, given: Iterable[GivenProduct]) -> dict[str, Attribute]:
    names = {name for one in given for variant in one.variants for name in variant.options}
    names |= {name for one in given for name in cell.split_map(one.cells.get("attributes", ""))}
    if not names:
        return {}
    slugs = sorted({*names, *(slugify(name) or name for name in names)})
    return {row.slug: row for row in session.scalars(select(Attribute).where(Attribute.slug.in_(slugs)))}


def _rates(session: TenantSession, names: set[str]) -> dict[str, str | None]:
    """Tax rates by name; None for a name that several have."""
    found: dict[str, str | None] = {}
    rows: Any = (
        session.execute(select(TaxRate.id, TaxRate.name).where(TaxRate.name.in_(sorted(names)))) if names else ()
    )
    for row in rows:
        found[row.name] = None if row.name in found else row.id
    return found
