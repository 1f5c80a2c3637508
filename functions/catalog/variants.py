"""Variants: what is sold of a product."""

from collections.abc import Mapping, Sequence
from typing import Any

from slugify import slugify
from sqlalchemy import select

from functions.catalog import parts
from functions.catalog.checks import variant_errors
from functions.catalog.reading import product_of
from functions.catalog.schemas import VariantCreate, VariantUpdate
from shared.audit import Actor
from shared.errors import ConflictError, InvalidError, NotFoundError, invalid
from shared.models import Product, Variant
from shared.models.base import new_id, now
from shared.models.enums import AdjustmentReason
from shared.saving import saved
from shared.soft_delete import soft_delete
from shared.stock import Why, adjust
from shared.tenant_session import TenantSession
from shared.versions import check_if_match

MOST = 100


def add_variants(session: TenantSession, product: Product, given: Sequence[VariantCreate], actor: Actor) -> None:
    """Give a product variants with their first stock. The first of all is the default unless another says it is."""
    others = variants_of(session, product.id)
    default = next((place for place, one in enumerate(given) if one.is_default), None if others else 0)
    if default is not None:
        _step_down(session, others)
    rows = []
    for place, one in enumerate(given):
        fields = one.model_dump(exclude={"options", "stock_quantity", "sku", "is_default"})
        row = Variant(id=new_id(), product_id=product.id, sku=one.sku or made_sku(product, one), **fields)
        row.attributes, row.is_default = one.options, place == default
        rows.append(row)
    saved(session, lambda: session.add_all(rows))
    first = {row.id: one.stock_quantity for row, one in zip(rows, given, strict=True)}
    adjust(session, first, Why(AdjustmentReason.RESTOCK, actor, notes="first stock"))


def create_variant(session: TenantSession, product_id: str, body: VariantCreate, actor: Actor) -> Variant:
    """Add a variant to a product.

    Raises NotFoundError, InvalidError for options that do not fit those of the others, ConflictError at a hundred.
    """
    product = product_of(session, product_id, lock=True)
    others = variants_of(session, product_id)
    if len(others) >= MOST:
        raise ConflictError("too_many_variants", f"A product has at most {MOST} variants.")
    _check_fit(session, others, body.model_dump(exclude_unset=True) | {"options": body.options})
    add_variants(session, product, [body], actor)
    parts.follow_options(session, product, {}, body.options)
    product.updated_at = now()
    known = {row.id for row in others}
    return next(row for row in variants_of(session, product_id) if row.id not in known)


def update_variant(
    session: TenantSession, product_id: str, variant_id: str, body: VariantUpdate, event: Mapping[str, Any]
) -> Variant:
    """Change a variant. Raises as `create_variant`, and StaleVersionError by `If-Match`."""
    product = product_of(session, product_id, lock=True)
    variant, others = _split(session, product_id, variant_id)
    check_if_match(event, variant)
    given = body.model_dump(exclude_unset=True)
    for field in ("sku", "price", "options", "track_inventory", "low_stock_threshold", "is_active", "is_default"):
        if field in given and given[field] is None:
            raise InvalidError("invalid_request", f"{field} cannot be empty; leave it out to keep it.")
    now_is = {"price": variant.price, "compare_at_price": variant.compare_at_price, "options": variant.attributes}
    _check_fit(session, others, now_is | given, own_id=variant_id)
    if given.pop("is_default", False):
        _step_down(session, others)
        variant.is_default = True
    before = variant.attributes
    variant.attributes = given.pop("options", before)
    for field, value in given.items():
        setattr(variant, field, value)
    product.updated_at = now()
    saved(session, lambda: None)
    parts.follow_options(session, product, before, variant.attributes)
    return variant


def delete_variant(session: TenantSession, product_id: str, variant_id: str, event: Mapping[str, Any]) -> None:
    """Delete a variant. Raises NotFoundError, StaleVersionError, ConflictError for the last one."""
    product = product_of(session, product_id, lock=True)
    variant, others = _split(session, product_id, variant_id)
    check_if_match(event, variant)
    if not others:
        raise ConflictError("last_variant", "A product has one variant at least; delete the product instead.")
    was_default, options = variant.is_default, variant.attributes
    soft_delete(session, variant)
    parts.follow_options(session, product, options, {})
    if was_default:
        heir = session.get_one(Variant, others[0].id)
        heir.is_default = True
    product = session.get_one(Product, product.id)
    product.updated_at = now()


def variants_of(session: TenantSession, product_id: str) -> list[Variant]:
    """The live variants of a product, the default first."""
    query = select(Variant).where(Variant.product_id == product_id)
    return list(session.scalars(query.order_by(Variant.is_default.desc(), Variant.created_at, Variant.id)))


def _split(session: TenantSession, product_id: str, variant_id: str) -> tuple[Variant, list[Variant]]:
    rows = variants_of(session, product_id)
    found = next((row for row in rows if row.id == variant_id), None)
    if found is None:
        raise NotFoundError("variant_not_found", "This product has no such variant.")
    return found, [row for row in rows if row.id != variant_id]


def _check_fit(
    session: TenantSession, others: Sequence[Variant], body: Mapping[str, Any], own_id: str | None = None
) -> None:
    """A variant has the options that its siblings have, and no sibling has the same values."""
    names = others[0].attributes.keys() if others else body["options"].keys()
    options = {name: [*(row.attributes.get(name) for row in others), body["options"].get(name)] for name in names}
    siblings = [(place, {"options": row.attributes}) for place, row in enumerate(others)]
    errors = [
        error | {"loc": ["body", *error["loc"][3:]]}
        for error in variant_errors(session, [*siblings, (len(others), body)], options, own_id)
        if error["loc"][2] == len(others)
    ]
    if errors:
        raise invalid(errors)


def _step_down(session: TenantSession, others: Sequence[Variant]) -> None:
    """The default makes room before another takes its place: no two may be it, not even for a moment."""
    for row in others:
        row.is_default = False
    session.flush()


def made_sku(product: Product, variant: VariantCreate) -> str:
    """A SKU for a variant that was given none, from its product and its options."""
    words = slugify(" ".join([product.sku or product.slug, *variant.options.values()]), max_length=43).upper()
    return f"{words}-{new_id()[-6:].upper()}"
