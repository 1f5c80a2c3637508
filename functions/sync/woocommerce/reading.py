"""What WooCommerce's bodies say: those of its webhooks and of its REST API v3 are the same.

Times are those that end in `_gmt`; the others are the site's own. A trashed thing is as good as deleted.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import unquote

from functions.sync.coercing import (
    Body,
    body_of,
    flag,
    identities,
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
    ExternalCategory,
    ExternalCoupon,
    ExternalCustomer,
    ExternalImage,
    ExternalProduct,
    ExternalVariant,
    Pairs,
    UnreadableError,
)
from shared.models.enums import DiscountType, ProductStatus

PUSH = "_stormcom_push"
"""Beside a stock that we have changed: which change it was, and by how much."""
_STATUSES = {"publish": ProductStatus.ACTIVE, "private": ProductStatus.ARCHIVED}
_GONE = ("trash", "deleted")
_KINDS = {
    "percent": (DiscountType.PERCENTAGE, False),
    "fixed_cart": (DiscountType.FIXED_AMOUNT, False),
    "fixed_product": (DiscountType.FIXED_AMOUNT, True),
}
_VARIED = ("variable", "variable-subscription")


def read_product(body: Any) -> ExternalProduct | ExternalVariant:
    """A product, or a variant where the body is of a variation. Raises UnreadableError."""
    body = body_of(body)
    if text_of(body.get("type")) in ("variation", "subscription_variation"):
        return read_variation(body)
    external_id = named(body)
    name = text_of(body.get("name"), 200)
    if name is None and "name" not in body:
        raise UnreadableError("wrong_resource", "The body has an id and no name: it is of no product.")
    varied = text_of(body.get("type")) in _VARIED
    return ExternalProduct(
        external_id=external_id,
        updated_at=moment(body.get("date_modified_gmt")),
        type=words(body.get("type")) or "simple",
        name=name or f"Product {external_id}",
        slug=_slug(body.get("slug")),
        description=words(body.get("description"), 10_000),
        short_description=words(body.get("short_description"), 10_000),
        status=_STATUSES.get(words(body.get("status")), ProductStatus.DRAFT),
        sku=text_of(body.get("sku"), 50),
        brand=next((_term(one) for one in objects(body.get("brands"))), None),
        is_taxable=words(body.get("tax_status")) != "none",
        images=tuple(_images(body)),
        categories=tuple(_categories(body)),
        attributes=tuple((name, values) for name, values, _ in _attributes(body)),
        variants=None if varied else (_variant(body, external_id, ()),),
        # The variations that it had stay, and are not sold any more.
        variant_ids=identities(body.get("variations")) if varied else (external_id,),
        pool=_stock(body)[1] if varied and flag(body.get("manage_stock")) else None,
        pool_pushes=tuple(_pool_pushes(body)) if varied else (),
        deleted=words(body.get("status")) in _GONE,
    )


def read_variation(body: Any, product_id: str | None = None) -> ExternalVariant:
    """A variation. `product_id` is for lists below a product, whose items do not name it. Raises UnreadableError."""
    body = body_of(body)
    parent = identity(body.get("parent_id")) or product_id
    if parent is None:
        raise UnreadableError("no_parent", "The variation does not say of which product it is.")
    options = tuple(
        (words(one.get("name"), 100), words(one.get("option"), 200))
        for one in objects(body.get("attributes"))
        if text_of(one.get("name")) and text_of(one.get("option"))
    )
    return _variant(body, parent, options)


def read_customer(body: Any) -> ExternalCustomer:
    """A customer. Raises UnreadableError."""
    body = body_of(body)
    billing, shipping = part(body, "billing"), part(body, "shipping")
    if "email" not in body and not billing:
        raise UnreadableError("wrong_resource", "The body is of no customer.")
    return ExternalCustomer(
        external_id=named(body),
        updated_at=moment(body.get("date_modified_gmt")) or moment(body.get("date_created_gmt")),
        email=text_of(body.get("email"), 254) or text_of(billing.get("email"), 254),
        first_name=words(body.get("first_name"), 100) or words(billing.get("first_name"), 100),
        last_name=words(body.get("last_name"), 100) or words(billing.get("last_name"), 100),
        phone=words(billing.get("phone"), 50) or words(shipping.get("phone"), 50),
        billing=read_address(billing),
        shipping=read_address(shipping),
    )


def read_address(found: Mapping[str, Any]) -> ExternalAddress:
    """An address, as far as it is told."""
    country = words(found.get("country"), 2).upper()
    return ExternalAddress(
        first_name=words(found.get("first_name"), 100),
        last_name=words(found.get("last_name"), 100),
        company=words(found.get("company"), 200),
        address1=words(found.get("address_1"), 200),
        address2=words(found.get("address_2"), 200),
        city=words(found.get("city"), 100),
        state=words(found.get("state"), 100),
        postal_code=words(found.get("postcode"), 20),
        country=country if len(country) == 2 else "",
        phone=words(found.get("phone"), 50),
    )


def read_coupon(body: Any) -> ExternalCoupon:
    """A coupon. Raises UnreadableError."""
    body = body_of(body)
    code = text_of(body.get("code"), 50)
    if code is None:
        raise UnreadableError("wrong_resource", "The body has no code: it is of no coupon.")
    named_kind = words(body.get("discount_type")) or "fixed_cart"
    if named_kind not in _KINDS:
        raise UnreadableError("unknown_discount", f"Nobody knows how a coupon of type {named_kind} reckons.")
    kind, per_item = _KINDS[named_kind]
    value = price(body.get("amount"), "amount")
    if flag(body.get("free_shipping")) and not value:
        kind, per_item = DiscountType.FREE_SHIPPING, False
    return ExternalCoupon(
        external_id=named(body),
        updated_at=moment(body.get("date_modified_gmt")),
        # Its time does not move when its amount or limits do; this mostly grows.
        rank=(max(units(body.get("usage_count")) or 0, 0),),
        code=code,
        kind=kind,
        per_item=per_item,
        value=value or Decimal(0),
        description=text_of(body.get("description"), 2000),
        is_active=words(body.get("status")) in ("publish", ""),
        valid_from=moment(body.get("date_created_gmt")),
        valid_to=moment(body.get("date_expires_gmt")),
        limit=units(body.get("usage_limit")) or None,
        used=max(units(body.get("usage_count")) or 0, 0),
        limit_per_customer=units(body.get("usage_limit_per_user")) or None,
        max_items=units(body.get("limit_usage_to_x_items")) or None,
        min_order=price(body.get("minimum_amount"), "minimum_amount") or None,
        max_order=price(body.get("maximum_amount"), "maximum_amount") or None,
        exclude_sale_items=bool(flag(body.get("exclude_sale_items"))),
        is_exclusive=bool(flag(body.get("individual_use"))),
        products=identities(body.get("product_ids")),
        excluded_products=identities(body.get("excluded_product_ids")),
        categories=identities(body.get("product_categories")),
        excluded_categories=identities(body.get("excluded_product_categories")),
        emails=texts(body.get("email_restrictions"), 254),
        deleted=words(body.get("status")) in _GONE,
    )


def _variant(body: Body, product_id: str, options: Pairs) -> ExternalVariant:
    regular, sale = price(body.get("regular_price"), "regular_price"), price(body.get("sale_price"), "sale_price")
    now, external_id = price(body.get("price"), "price"), named(body)
    # On sale with no sale price happens; then what it costs is what is left that says anything.
    paid = now if now is not None else sale if flag(body.get("on_sale")) and sale is not None else regular
    managed, stock = _stock(body)
    is_pooled = product_id != external_id and words(body.get("manage_stock")) == "parent"
    size = part(body, "dimensions")
    return ExternalVariant(
        external_id=external_id,
        product_id=product_id,
        updated_at=moment(body.get("date_modified_gmt")),
        sku=text_of(body.get("sku"), 50),
        barcode=text_of(body.get("global_unique_id"), 50),
        price=paid,
        compare_at_price=regular if regular is not None and paid is not None and regular > paid else None,
        # What it says then is its product's, of whatever time.
        stock=None if is_pooled else stock,
        manage_stock=is_pooled or managed,
        is_pooled=is_pooled,
        weight=measure(body.get("weight")),
        length=measure(size.get("length")),
        width=measure(size.get("width")),
        height=measure(size.get("height")),
        options=options,
        # A draft is its product's; of a variation it says whether it is switched on.
        is_active=(product_id == external_id or words(body.get("status")) in ("publish", ""))
        and flag(body.get("purchasable")) is not False,
        push=push_of(body),
        deleted=words(body.get("status")) in _GONE,
    )


def _stock(body: Body) -> tuple[bool, int | None]:
    """Whether it is tracked, and how much there is, never below zero.

    What is not tracked and out of stock cannot be bought, so that it is tracked here, with none.
    """
    told = units(body.get("stock_quantity"))
    if (flag(body.get("manage_stock")) or words(body.get("manage_stock")) == "parent") and told is not None:
        return True, max(told, 0)
    gone = words(body.get("stock_status")) == "outofstock"
    return gone, 0 if gone else None


def push_of(body: Body, mark: str = PUSH) -> tuple[int, int] | None:
    """Which change of ours has left a mark, counted from 1, and by how much it was."""
    marks = [words(one.get("value")) for one in objects(body.get("meta_data")) if one.get("key") == mark]
    count, _, change = (marks[-1] if marks else "").partition(":")
    return (int(count), int(change)) if re.fullmatch(r"\d{1,9}", count) and re.fullmatch(r"-?\d{1,9}", change) else None


def _pool_pushes(body: Body) -> Iterator[tuple[str, int, int]]:
    """Of the variations whose sales we have taken out of their product's stock."""
    for one in objects(body.get("meta_data")):
        name = words(one.get("key"))
        if name.startswith(f"{PUSH}_") and (push := push_of(body, name)):
            yield name.removeprefix(f"{PUSH}_"), *push


def _slug(value: Any) -> str | None:
    """WordPress escapes what is not ASCII, and what it has trashed."""
    plain = text_of(value, 600)
    return unquote(plain).removesuffix("__trashed")[:200] if plain else None


def _images(body: Body) -> list[ExternalImage]:
    found = (
        (identity(one.get("id")), text_of(one.get("src"), 2000), one.get("alt")) for one in objects(body.get("images"))
    )
    return [
        ExternalImage(external_id=image_id, url=url, alt=text_of(alt, 500))
        for image_id, url, alt in found
        if url and url.startswith(("http://", "https://"))
    ]


def _categories(body: Body) -> list[ExternalCategory]:
    return [
        ExternalCategory(external_id=identity(one.get("id")), name=name, slug=_slug(one.get("slug")))
        for one in objects(body.get("categories"))
        if (name := _term(one))
    ]


def _term(found: Body) -> str | None:
    """The name of a category or brand, which WordPress keeps as HTML."""
    return text_of(unescape(words(found.get("name"))), 200)


def _attributes(body: Body) -> list[tuple[str, tuple[str, ...], bool]]:
    """Names with values, and whether variants differ in it."""
    return [
        (name, texts(one.get("options"), 200), bool(flag(one.get("variation"))))
        for one in objects(body.get("attributes"))
        if (name := text_of(one.get("name"), 100))
    ]
