"""What Shopify's bodies say: those of its webhooks, and of its REST Admin API, which have the same shape.

A product without options has one variant with the option `Title` of `Default Title`, which is no option.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from functions.sync.coercing import (
    Body,
    body_of,
    flag,
    identity,
    measure,
    moment,
    named,
    objects,
    part,
    price,
    texts,
    units,
    words,
)
from functions.sync.coercing import text as text_of
from functions.sync.entities import (
    ExternalAddress,
    ExternalCustomer,
    ExternalImage,
    ExternalItem,
    ExternalProduct,
    ExternalStock,
    ExternalVariant,
    Pairs,
    Rank,
    UnreadableError,
)
from shared.models.enums import ProductStatus

_STATUSES = {
    "active": ProductStatus.ACTIVE,
    "draft": ProductStatus.DRAFT,
    "archived": ProductStatus.ARCHIVED,
}
_KILOGRAMS = {"kg": Decimal(1), "g": Decimal("0.001"), "lb": Decimal("0.45359237"), "oz": Decimal("0.028349523125")}
_PLAIN = ("Title", "Default Title")


def rank_of(triggered_at: datetime | None) -> Rank:
    """When it was sent off, to the microsecond: it tells two bodies of one second apart."""
    return (int(triggered_at.timestamp() * 1_000_000),) if triggered_at else ()


def read_product(body: Any) -> ExternalProduct:
    """A product with all its variants. Raises UnreadableError."""
    body = body_of(body)
    external_id, name = named(body), text_of(body.get("title"), 200)
    if name is None and "variants" not in body:
        raise UnreadableError("wrong_resource", "The body has neither title nor variants: it is of no product.")
    names = [words(one.get("name"), 100) for one in objects(body.get("options"))]
    variants = tuple(_variant(one, external_id, names) for one in objects(body.get("variants")))
    return ExternalProduct(
        external_id=external_id,
        updated_at=moment(body.get("updated_at")),
        type="variable" if any(variant.options for variant in variants) else "simple",
        name=name or f"Product {external_id}",
        slug=text_of(body.get("handle"), 200),
        description=words(body.get("body_html"), 10_000),
        status=_STATUSES.get(words(body.get("status")).lower(), ProductStatus.DRAFT),
        brand=text_of(body.get("vendor"), 200),
        is_taxable=any(flag(one.get("taxable")) is not False for one in objects(body.get("variants"))),
        images=tuple(_images(body)),
        attributes=tuple(
            (name, texts(one.get("values"), 200))
            for one in objects(body.get("options"))
            if (name := text_of(one.get("name"), 100)) and texts(one.get("values")) != (_PLAIN[1],)
        ),
        variants=variants if "variants" in body else None,
        variant_ids=tuple(variant.external_id for variant in variants) if "variants" in body else None,
    )


def read_stock(body: Any) -> ExternalStock:
    """How much of one inventory item there is at one place. Raises UnreadableError."""
    body = body_of(body)
    return ExternalStock(
        inventory_item_id=named(body, "inventory_item_id"),
        location_id=identity(body.get("location_id")),
        available=units(body.get("available")),
        updated_at=moment(body.get("updated_at")),
    )


def read_item(body: Any) -> ExternalItem:
    """What an inventory item is. Raises UnreadableError."""
    body = body_of(body)
    return ExternalItem(
        inventory_item_id=named(body),
        sku=text_of(body.get("sku"), 50),
        tracked=flag(body.get("tracked")),
        cost=price(body.get("cost"), "cost"),
        updated_at=moment(body.get("updated_at")),
    )


def read_customer(body: Any) -> ExternalCustomer:
    """A customer. Raises UnreadableError."""
    body = body_of(body)
    home = part(body, "default_address") or next(iter(objects(body.get("addresses"))), {})
    if "email" not in body and "first_name" not in body:
        raise UnreadableError("wrong_resource", "The body is of no customer.")
    consent = words(part(body, "email_marketing_consent").get("state"))
    return ExternalCustomer(
        external_id=named(body),
        updated_at=moment(body.get("updated_at")),
        email=text_of(body.get("email"), 254),
        first_name=words(body.get("first_name"), 100),
        last_name=words(body.get("last_name"), 100),
        phone=words(body.get("phone"), 50) or words(home.get("phone"), 50),
        marketing_opt_in=consent == "subscribed" if consent else flag(body.get("accepts_marketing")),
        shipping=read_address(home) if home else None,
    )


def read_address(found: Mapping[str, Any]) -> ExternalAddress:
    """An address, as far as it is told."""
    country = words(found.get("country_code"), 2).upper()
    return ExternalAddress(
        first_name=words(found.get("first_name"), 100),
        last_name=words(found.get("last_name"), 100),
        company=words(found.get("company"), 200),
        address1=words(found.get("address1"), 200),
        address2=words(found.get("address2"), 200),
        city=words(found.get("city"), 100),
        state=words(found.get("province_code"), 100) or words(found.get("province"), 100),
        postal_code=words(found.get("zip"), 20),
        country=country if len(country) == 2 else "",
        phone=words(found.get("phone"), 50),
    )


def _variant(body: Body, product_id: str, names: list[str]) -> ExternalVariant:
    cost, before = price(body.get("price"), "price"), price(body.get("compare_at_price"), "compare_at_price")
    managed = text_of(body.get("inventory_management")) is not None if "inventory_management" in body else None
    stock = units(body.get("inventory_quantity")) if managed is not False else None
    return ExternalVariant(
        external_id=named(body),
        product_id=product_id,
        updated_at=moment(body.get("updated_at")),
        sku=text_of(body.get("sku"), 50),
        barcode=text_of(body.get("barcode"), 50),
        price=cost,
        compare_at_price=before if before is not None and cost is not None and before > cost else None,
        stock=None if stock is None else max(stock, 0),
        manage_stock=managed,
        weight=_weight(body),
        options=_options(body, names),
        inventory_item_id=identity(body.get("inventory_item_id")),
    )


def _options(body: Body, names: list[str]) -> Pairs:
    values = [(place, text_of(body.get(f"option{place}"), 200)) for place in (1, 2, 3)]
    found = tuple(
        (names[place - 1] if place <= len(names) else f"Option {place}", value) for place, value in values if value
    )
    return () if found in ((_PLAIN,), ((names[0] if names else "Option 1", _PLAIN[1]),)) else found


def _weight(body: Body) -> Decimal | None:
    weight = measure(body.get("weight"))
    if weight is None:
        grams = measure(body.get("grams"))
        return None if grams is None else (grams / 1000).quantize(Decimal("0.001"))
    factor = _KILOGRAMS.get(words(body.get("weight_unit")).lower())
    return None if factor is None else (weight * factor).quantize(Decimal("0.001"))


def _images(body: Body) -> list[ExternalImage]:
    found = [
        (identity(one.get("id")), text_of(one.get("src"), 2000), one.get("alt")) for one in objects(body.get("images"))
    ]
    return [
        ExternalImage(external_id=image_id, url=f"https:{url}" if url.startswith("//") else url, alt=text_of(alt, 500))
        for image_id, url, alt in found
        if url and url.startswith(("http://", "https://", "//"))
    ]
