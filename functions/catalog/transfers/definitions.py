"""Brands, categories and attributes that a file describes in rows of their own, by their slugs."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from slugify import slugify
from sqlalchemy import select

from functions.catalog import attributes, brands, categories
from functions.catalog.schemas import (
    AttributeCreate,
    AttributeUpdate,
    BrandCreate,
    BrandUpdate,
    CategoryCreate,
    CategoryMove,
    CategoryUpdate,
)
from functions.catalog.transfers import cells as cell
from functions.catalog.transfers.columns import Cells
from functions.catalog.transfers.issues import error
from functions.catalog.transfers.outcome import Outcome
from functions.catalog.transfers.spool import Group
from shared.errors import InvalidError, ProblemError
from shared.models import Attribute, Brand, Category
from shared.tenant_session import TenantSession

_FIELDS = {
    "brand": {
        **{"name": "name", "description": "description", "image_url": "logo_url", "website_url": "website_url"},
        "active": "is_active",
    },
    "category": {
        **{"name": "name", "description": "description", "image_url": "image_url", "display_order": "display_order"},
        **{"active": "is_active", "meta_title": "meta_title", "meta_description": "meta_description"},
    },
    "attribute": {
        **{"name": "name", "attribute_type": "type", "values": "values", "display_order": "display_order"},
        "active": "is_active",
    },
}
_MODELS: dict[str, Any] = {"brand": Brand, "category": Category, "attribute": Attribute}


def apply(session: TenantSession, group: Group) -> Outcome:
    """Make a brand, a category or an attribute, or change what differs."""
    row, cells = group.rows[0]
    outcome = Outcome()
    try:
        with session.begin_nested():
            _count(outcome, _written(session, group.kind, cells))
    except ValidationError as wrong:
        messages = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in wrong.errors())
        outcome.issues.append(error(row, "invalid_value", messages[:500]))
    except ProblemError as problem:
        outcome.issues.append(error(row, problem.code, problem.detail))
    outcome.failed = 1 if outcome.issues else 0
    return outcome


def _count(outcome: Outcome, change: str) -> None:
    setattr(outcome, change, 1)


def _written(session: TenantSession, kind: str, cells: Cells) -> str:
    """Returns `created`, `updated` or `unchanged`. Raises ValidationError and ProblemError."""
    model = _MODELS[kind]
    slug = cells.get("slug", "").strip() or slugify(cells.get("name", ""))
    row = session.scalar(select(model).where(model.slug == slug))
    known = {own: getattr(row, own) for own in _FIELDS[kind].values()} if row else {}
    said = {own: _value(column, cells[column]) for column, own in _FIELDS[kind].items() if column in cells}
    # What is there already was looked at when it came.
    said = {own: value for own, value in said.items() if own not in known or known[own] != value}
    if kind == "category":
        return _category(session, row, slug, said, cells)
    if kind == "brand":
        return _brand(session, row, slug, said)
    return _attribute(session, row, slug, said)


def _brand(session: TenantSession, row: Any, slug: str, said: Mapping[str, Any]) -> str:
    if row is None:
        brands.create_brand(session, BrandCreate.model_validate({"slug": slug, **said}))
        return "created"
    return _changed(row, lambda: brands.update_brand(session, row.id, BrandUpdate.model_validate(said), {}))


def _category(session: TenantSession, row: Any, slug: str, said: Mapping[str, Any], cells: Cells) -> str:
    parent = _parent(session, cells)
    if row is None:
        body = CategoryCreate.model_validate({"slug": slug, "parent_id": parent, **said})
        categories.create_category(session, body)
        return "created"
    change = _changed(row, lambda: categories.update_category(session, row.id, CategoryUpdate.model_validate(said), {}))
    if parent is None or parent == row.parent_id:
        return change
    categories.move_category(session, row.id, CategoryMove(parent_id=parent), {})
    return "updated"


def _parent(session: TenantSession, cells: Cells) -> str | None:
    slug = cells.get("parent", "").strip()
    if not slug:
        return None
    found = session.scalar(select(Category.id).where(Category.slug == slug))
    if found is None:
        raise InvalidError("parent_not_found", f"parent: There is no category {slug}; its row goes before this one.")
    return found


def _attribute(session: TenantSession, row: Any, slug: str, said: dict[str, Any]) -> str:
    if row is None:
        attributes.create_attribute(session, AttributeCreate.model_validate({"slug": slug, **said}))
        return "created"
    if "values" in said:
        # Products may have those that the file does not know.
        said["values"] = [*said["values"], *(value for value in row.values if value not in said["values"])]
    return _changed(row, lambda: attributes.update_attribute(session, row.id, AttributeUpdate.model_validate(said), {}))


def _changed(row: Any, change: Any) -> str:
    before = row.version
    change()
    return "unchanged" if row.version == before else "updated"


def _value(column: str, text: str) -> Any:
    if column == "values":
        return cell.split(text, "|")
    if column == "active":
        return cell.flag(text)
    if column == "attribute_type":
        return text.strip().upper()
    if column == "display_order":
        plain = cell.units(text)
        return int(plain) if plain.isdigit() else plain
    return text
