"""What must hold of a product beyond the shape of each field, found all at once.

The body is looked at as it came, since a client wants to hear of everything that is wrong in one answer: what the
schema finds and what is found here go into one 422. So nothing is taken for granted of a value's type.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from slugify import slugify
from sqlalchemy import select

from shared.currency import decimals
from shared.errors import FieldError
from shared.models import Attribute, Brand, Category, Product, TaxRate, Variant
from shared.models.enums import AttributeType
from shared.slugs import is_taken
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

Body = Mapping[str, Any]
_PRICES = ("price", "compare_at_price", "cost_price")
_DEEPEST, _LONGEST = 6, 100


def product_errors(session: TenantSession, body: Any, own_id: str | None = None) -> list[FieldError]:
    """Everything that is wrong with a product's body but the shape of its fields."""
    body = _readable(body)
    if not isinstance(body, Mapping):
        return []
    return [
        *_taken(session, body, own_id),
        *_references(session, body),
        *_attributes(session, body),
        *variant_errors(session, _dicts(body, "variants"), _options(body)),
        *_at_most_one(body, "variants", "is_default"),
        *_at_most_one(body, "categories", "is_primary"),
        *_at_most_one(body, "media", "is_featured"),
        *_twice(body, "categories", "category_id"),
        *_twice(body, "attributes", "attribute_id"),
        *_twice(body, "labels", "label"),
        *_twice(body, "options", "name", lambda name: slugify(name) or name),
    ]


def _readable(value: Any, depth: int = 0) -> Any:
    """A body that can be asked about: nothing is in it that the database cannot take, and no more than it may hold.

    Texts are as the schema leaves them, without the blanks around them. Longer lists the schema refuses.
    """
    if isinstance(value, str):
        return value.strip() if value.isascii() or value.encode(errors="ignore").decode() == value else None
    if isinstance(value, Mapping):
        pairs = ((_readable(key), found) for key, found in value.items()) if depth < _DEEPEST else ()
        return {key: _readable(found, depth + 1) for key, found in pairs if key is not None}
    if isinstance(value, list):
        return [_readable(found, depth + 1) for found in value[:_LONGEST]] if depth < _DEEPEST else []
    return value


def variant_errors(
    session: TenantSession,
    variants: list[tuple[int, Body]],
    options: Mapping[str, list[Any]],
    own_id: str | None = None,
) -> Iterator[FieldError]:
    """What is wrong with variants: options that do not fit, combinations and SKUs that are there twice, odd prices."""
    places = decimals(tenant_of(session).currency)
    known = _known_skus(session, [body.get("sku") for _, body in variants], own_id)
    seen: dict[Any, int] = {}
    for place, body in variants:
        at: list[str | int] = ["body", "variants", place]
        given = body.get("options") if isinstance(body.get("options"), Mapping) else {}
        yield from _choice(at, given or {}, options)
        combination = tuple(sorted((str(name), str(value)) for name, value in (given or {}).items()))
        sku = body.get("sku")
        for key, field in ((("options", combination), "options"), (("sku", sku), "sku")):
            if field == "sku" and not isinstance(sku, str):
                continue
            if key in seen:
                yield FieldError(loc=[*at, field], message=f"The same as in variant {seen[key]}.")
            seen.setdefault(key, place)
        if isinstance(sku, str) and sku in known:
            yield FieldError(loc=[*at, "sku"], message=f"The SKU {sku} is in use already.")
        yield from _odd_prices(at, body, places)


def _choice(at: list[str | int], given: Body, options: Mapping[str, list[Any]]) -> Iterator[FieldError]:
    lacking, unknown = (
        sorted(options.keys() - given.keys()),
        sorted(str(name) for name in given.keys() - options.keys()),
    )
    if lacking:
        yield FieldError(loc=[*at, "options"], message=f"Say which: {', '.join(lacking)}.")
    if unknown:
        yield FieldError(loc=[*at, "options"], message=f"Not among the product's options: {', '.join(unknown)}.")
    for name in options.keys() & given.keys():
        if given[name] not in options[name]:
            yield FieldError(loc=[*at, "options", name], message=f"{given[name]} is not one of its values.")


def _odd_prices(at: list[str | int], body: Body, places: int) -> Iterator[FieldError]:
    amounts = {field: _amount(body.get(field)) for field in _PRICES}
    for field, amount in amounts.items():
        if amount is not None and amount != round(amount, places):
            yield FieldError(loc=[*at, field], message=f"The store's currency has {places} decimals.")
    price, before = amounts["price"], amounts["compare_at_price"]
    if price is not None and before is not None and before <= price:
        yield FieldError(loc=[*at, "compare_at_price"], message="Must be higher than the price, or be left out.")


def _taken(session: TenantSession, body: Body, own_id: str | None) -> Iterator[FieldError]:
    slug, sku = body.get("slug"), body.get("sku")
    if isinstance(slug, str) and is_taken(session, Product, slug, own_id=own_id):
        yield FieldError(loc=["body", "slug"], message=f"The slug {slug} is taken; choose another.")
    if isinstance(sku, str):
        query = select(Product.id).where(Product.sku == sku, Product.id != (own_id or ""))
        if session.scalar(query) is not None:
            yield FieldError(loc=["body", "sku"], message=f"The SKU {sku} is in use already.")


def _references(session: TenantSession, body: Body) -> Iterator[FieldError]:
    for field, model in (("brand_id", Brand), ("tax_rate_id", TaxRate)):
        value = body.get(field)
        if isinstance(value, str) and value not in _found(session, model, [value]):
            yield FieldError(loc=["body", field], message="There is no such thing in this store.")
    placed = [(place, item.get("category_id")) for place, item in _dicts(body, "categories")]
    found = _found(session, Category, [value for _, value in placed])
    for place, value in placed:
        if isinstance(value, str) and value not in found:
            yield FieldError(loc=["body", "categories", place, "category_id"], message="There is no such category.")


def _attributes(session: TenantSession, body: Body) -> Iterator[FieldError]:
    given = _dicts(body, "attributes")
    ids = [value for _, item in given if isinstance(value := item.get("attribute_id"), str)]
    found = {row.id: row for row in session.scalars(select(Attribute).where(Attribute.id.in_(ids)))} if ids else {}
    for place, item in given:
        at: list[str | int] = ["body", "attributes", place]
        attribute = found.get(str(item.get("attribute_id")))
        if attribute is None and isinstance(item.get("attribute_id"), str):
            yield FieldError(loc=[*at, "attribute_id"], message="There is no such attribute.")
        elif attribute is not None and attribute.type is not AttributeType.TEXT:
            values = item.get("values") if isinstance(item.get("values"), list) else []
            if strange := [str(value) for value in values or [] if value not in attribute.values]:
                message = f"Not among the values of {attribute.name}: {', '.join(strange)}."
                yield FieldError(loc=[*at, "values"], message=message)


def _at_most_one(body: Body, part: str, flag: str) -> Iterator[FieldError]:
    for place, _ in [found for found in _dicts(body, part) if found[1].get(flag) is True][1:]:
        yield FieldError(loc=["body", part, place, flag], message="Only one of them can be it.")


def _twice(body: Body, part: str, field: str, same: Callable[[str], str] = lambda value: value) -> Iterator[FieldError]:
    seen: set[str] = set()
    for place, item in _dicts(body, part):
        value = item.get(field)
        if not isinstance(value, str):
            continue
        if same(value) in seen:
            yield FieldError(loc=["body", part, place, field], message="It is in the list already.")
        seen.add(same(value))


def _options(body: Body) -> dict[str, list[Any]]:
    options = [option for _, option in _dicts(body, "options")]
    return {
        option["name"]: option["values"]
        for option in options
        if isinstance(option.get("name"), str) and isinstance(option.get("values"), list)
    }


def _dicts(body: Body, part: str) -> list[tuple[int, Body]]:
    """The objects in a list of the body, each with its place."""
    found = body.get(part)
    return [pair for pair in enumerate(found) if isinstance(pair[1], Mapping)] if isinstance(found, list) else []


def _found(session: TenantSession, model: Any, ids: Iterable[Any]) -> set[str]:
    wanted = [value for value in ids if isinstance(value, str)]
    return set(session.scalars(select(model.id).where(model.id.in_(wanted)))) if wanted else set()


def _known_skus(session: TenantSession, skus: Iterable[Any], own_id: str | None) -> set[str]:
    wanted = [sku for sku in skus if isinstance(sku, str)]
    query = select(Variant.sku).where(Variant.sku.in_(wanted), Variant.id != (own_id or ""))
    return set(session.scalars(query)) if wanted else set()


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount.copy_abs() < 10**12 else None
