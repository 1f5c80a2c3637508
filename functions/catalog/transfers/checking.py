"""What must hold of a product of a file before it is written: the API's own rules, and that its SKUs are its own."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from functions.catalog.checks import variant_errors
from functions.catalog.schemas import VariantCreate, VariantUpdate
from functions.catalog.transfers.issues import Issue, error
from functions.catalog.transfers.known import Known, Parts
from functions.catalog.transfers.making import PLAIN, Draft, Variants, without_reduction
from functions.catalog.transfers.products import (
    GivenProduct,
    GivenVariant,
    attributes_of,
    fields_of,
    names_are_good,
    paths_of,
    stock_of,
    variant_of,
)
from functions.catalog.transfers.spool import Spool
from functions.catalog.variants import MOST
from shared.audit import Actor
from shared.models import Product, ProductTransferIssue, Variant
from shared.models.enums import Severity
from shared.tenant_session import TenantSession

_AMOUNTS = {"price", "compare_at_price", "cost_price"}


@dataclass(frozen=True, slots=True)
class Job:
    """The import that is at work, for whom."""

    transfer_id: str
    file_name: str
    actor: Actor
    spool: Spool


@dataclass(frozen=True, slots=True)
class Look:
    """What a part of a file is compared with: the store, and the file as a whole."""

    session: TenantSession
    known: Known
    job: Job


def draft(look: Look, given: GivenProduct, parts: Parts | None) -> Draft | None:
    """What is to be made of a product, once all that can be wrong with it has been looked at; None if nothing is."""
    row = parts.product if parts else None
    fields = fields_of(given, {name: getattr(row, name) for name in PLAIN} if row else {})
    attributes, paths = attributes_of(given), paths_of(given)
    if fields is None or attributes is None or paths is None or not names_are_good(given):
        return None
    if not _owns_its_sku(look, given, parts):
        return None
    variants = _variants(look, given, parts)
    if row is None and not _is_enough_for_a_new_one(given, fields, variants):
        return None
    return Draft(given, parts, fields, variants, attributes, *paths)


def _is_enough_for_a_new_one(given: GivenProduct, fields: dict[str, Any], variants: Variants) -> bool:
    if not variants:
        if not any(issue.severity == Severity.ERROR for issue in given.issues):
            given.issues.append(error(given.row, "no_variant", "A new product needs a price.", given.any_sku))
        return False
    if not fields.get("name"):
        given.issues.append(error(given.row, "no_name", "A new product needs a name.", variants[0][0].sku))
        return False
    return True


def _variants(look: Look, given: GivenProduct, parts: Parts | None) -> Variants:
    """The variants that are good, each with the row of the store that it changes."""
    others = list(parts.variants) if parts else []
    by_sku, by_options = {row.sku: row for row in others}, {_combination(row.attributes): row for row in others}
    pairs: Variants = []
    seen: set[str] = set()
    for one in given.variants:
        if not _is_its_own(look, one, given, parts):
            continue
        row = by_sku.get(one.sku or "") or by_options.get(_combination(one.options))
        if row is not None and row.id in seen:
            given.issues.append(error(one.row, "variant_twice", "A row above says something of this variant.", one.sku))
            continue
        body = variant_of(one, given.issues, new=row is None)
        if body is None or (row is not None and not _leaves_what_is_reserved(one, row, given.issues)):
            continue
        seen |= {row.id} if row else set()
        pairs.append((one, row, body))
    return _at_most(MOST - len(others), given, _fitting(look, given, others, pairs))


def _at_most(room: int, given: GivenProduct, pairs: Variants) -> Variants:
    refused = {id(one) for one, row, _ in [pair for pair in pairs if pair[1] is None][room:]}
    kept = []
    for pair in pairs:
        if id(pair[0]) in refused:
            message = f"A product has at most {MOST} variants."
            given.issues.append(error(pair[0].row, "too_many_variants", message, pair[0].sku))
        else:
            kept.append(pair)
    return kept


def _fitting(look: Look, given: GivenProduct, others: list[Variant], pairs: Variants) -> Variants:
    """Those whose options and prices fit what the product is."""
    changed = {row.id: (number, body) for number, (_, row, body) in enumerate(pairs) if row is not None}
    bodies, numbers = [], []
    for other in others:
        number, body = changed.get(other.id, (None, None))
        bodies.append(_after(other, body))
        numbers.append(number)
    for number, (_, row, body) in enumerate(pairs):
        if row is None:
            bodies.append(body.model_dump(include={*_AMOUNTS, "options"}))
            numbers.append(number)
    options = {
        name: [body["options"].get(name) for body in bodies] for name in (bodies[0]["options"] if bodies else {})
    }
    wrong: set[int] = set()
    for found in variant_errors(look.session, list(enumerate(bodies)), options):
        number = numbers[int(found["loc"][2])]
        if number is None:
            continue
        wrong.add(number)
        rows = [None if n is None else pairs[n][0].row for n in numbers]
        message = re.sub(r"in variant (\d+)", lambda match: _where(rows[int(match[1])]), found["message"])  # noqa: B023 - used at once
        code = "invalid_options" if found["loc"][3] == "options" else "invalid_value"
        one = pairs[number][0]
        given.issues.append(error(one.row, code, f"{found['loc'][3]}: {message}", one.sku))
    return [pair for number, pair in enumerate(pairs) if number not in wrong]


def _where(row: int | None) -> str:
    return "of a variant in the store" if row is None else f"in row {row}"


def _after(row: Variant, body: VariantCreate | VariantUpdate | None) -> dict[str, Any]:
    """A variant's prices and options as they will be."""
    now = {name: getattr(row, name) for name in _AMOUNTS} | {"options": dict(row.attributes)}
    given = body.model_dump(include={*_AMOUNTS, "options"}, exclude_unset=True) if body else {}
    given = {name: value for name, value in given.items() if value is not None}
    return without_reduction(now | given, given)


def _combination(options: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(name), str(value)) for name, value in options.items()))


def _is_its_own(look: Look, one: GivenVariant, given: GivenProduct, parts: Parts | None) -> bool:
    """Whether a variant's SKU is nobody else's, in the file or in the store."""
    if one.sku is None:
        return True
    first, owner = look.job.spool.first_row_of(one.sku), look.known.skus.get(one.sku)
    if first is not None and first != one.row:
        message = f"Row {first} has this SKU already."
    elif owner is not None and (parts is None or owner[0] != parts.product.id):
        message = "Another product has this SKU already."
    else:
        return True
    given.issues.append(error(one.row, "sku_taken", message, one.sku, _free_sku(look, one.sku, Variant)))
    return False


def _owns_its_sku(look: Look, given: GivenProduct, parts: Parts | None) -> bool:
    """Whether the product's own SKU is no other product's."""
    owner = look.known.product_skus.get(given.product_sku or "")
    if owner is None or given.product_sku is None or (parts is not None and owner == parts.product.id):
        return True
    free = _free_sku(look, given.product_sku, Product)
    message = "Another product has this product_sku already."
    given.issues.append(error(given.row, "sku_taken", message, given.product_sku, free))
    return False


def _free_sku(look: Look, sku: str, model: Any) -> str:
    """A SKU like this one that neither the store nor the file has, and that was not suggested before."""
    base, spool = f"{sku[:44]}-", look.job.spool
    there = select(model.sku).where(model.sku.startswith(base, autoescape=True))
    told = select(ProductTransferIssue.suggestion).where(
        ProductTransferIssue.transfer_id == look.job.transfer_id,
        ProductTransferIssue.suggestion.startswith(base, autoescape=True),
    )
    taken = {*look.session.scalars(there), *look.session.scalars(told), *spool.suggested}
    number = 2
    while (free := f"{base}{number}") in taken or spool.first_row_of(free) is not None:
        number += 1
    spool.suggested.add(free)
    return free


def _leaves_what_is_reserved(one: GivenVariant, row: Variant, issues: list[Issue]) -> bool:
    stock = stock_of(one)
    if stock is None or stock >= row.reserved_quantity:
        return True
    message = f"stock: {row.reserved_quantity} are reserved for orders, so that {stock} are too few."
    issues.append(error(one.row, "stock_reserved", message, one.sku))
    return False
