"""What the storefront answers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer

Amount = Annotated[Decimal, PlainSerializer(str, return_type=str)]
"""Money as a string with the currency's decimals."""


class StorefrontStoreRead(BaseModel):
    """A shop as its visitors see it."""

    slug: str
    name: str
    currency: str
    language: str
    timezone: str
    email: str
    phone: str | None
    logo_url: str | None
    favicon_url: str | None
    primary_color: str


class StorefrontBrandRead(BaseModel):
    """Who makes a product."""

    slug: str
    name: str
    logo_url: str | None = None


class StorefrontCategoryRead(BaseModel):
    """A shelf with the shelves in it, in display order."""

    slug: str
    name: str
    description: str | None
    image_url: str | None
    children: list["StorefrontCategoryRead"]


class ProductCategoryRead(BaseModel):
    """A shelf that a product stands on."""

    slug: str
    name: str
    is_primary: bool


class ProductVariantRead(BaseModel):
    """What can be bought. `available` is null when stock is not counted."""

    id: str
    sku: str
    options: dict[str, Any]
    price: Amount
    compare_at_price: Amount | None
    available: int | None
    in_stock: bool
    is_default: bool


class ProductLabelRead(BaseModel):
    """A badge."""

    label: str
    color: str | None


class ProductImageRead(BaseModel):
    """A picture or video of a product."""

    url: str
    thumbnail_url: str | None
    alt_text: str | None
    mime_type: str


class ProductAttributeRead(BaseModel):
    """A quality of a product and its values."""

    slug: str
    name: str
    type: str
    values: list[str]


class StorefrontProductRead(BaseModel):
    """A product in a list."""

    id: str
    slug: str
    name: str
    short_description: str | None
    published_at: datetime
    currency: str
    price_min: Amount
    price_max: Amount
    in_stock: bool
    brand: StorefrontBrandRead | None
    image: ProductImageRead | None
    labels: list[ProductLabelRead]
    categories: list[ProductCategoryRead]
    variants: list[ProductVariantRead]


class HighlightRead(BaseModel):
    """Where the words of a search stand, as HTML: plain text but for `<mark>` around them."""

    name: str
    text: str


class StorefrontProductFoundRead(StorefrontProductRead):
    """A product in a list that may be the answer to a search."""

    highlight: HighlightRead | None = None


class StorefrontProductDetailRead(StorefrontProductRead):
    """A product on its own page."""

    description: str | None
    media: list[ProductImageRead]
    attributes: list[ProductAttributeRead]
    meta_title: str | None
    meta_description: str | None


class FacetValueRead(BaseModel):
    """A category or brand to narrow a list by, and how many products it would leave."""

    slug: str
    name: str
    count: int


class LabelFacetRead(BaseModel):
    """A badge to narrow a list by."""

    label: str
    count: int


class AttributeValueFacetRead(BaseModel):
    """A value of an attribute to narrow a list by."""

    value: str
    count: int


class AttributeFacetRead(BaseModel):
    """An attribute to narrow a list by, with the values that its products have."""

    slug: str
    name: str
    type: str
    values: list[AttributeValueFacetRead]


class PriceRangeRead(BaseModel):
    """Products whose lowest price is `from` or more and less than `to`, if there is one."""

    from_: Amount = Field(serialization_alias="from")
    to: Amount | None
    count: int


class PriceFacetRead(BaseModel):
    """The lowest prices of the products that were found."""

    min: Amount | None
    max: Amount | None
    ranges: list[PriceRangeRead]


class FacetsRead(BaseModel):
    """What a list can be narrowed by. A filter that is set is left out of its own counts: others show beside it."""

    total: int
    currency: str
    categories: list[FacetValueRead]
    brands: list[FacetValueRead]
    labels: list[LabelFacetRead]
    attributes: list[AttributeFacetRead]
    price: PriceFacetRead


class SuggestionRead(BaseModel):
    """Something whose name matches what a shopper types."""

    kind: str
    slug: str
    name: str


class SuggestionsRead(BaseModel):
    """The best few matches: products first, then categories, then brands."""

    items: list[SuggestionRead]


class StorefrontBrandsRead(BaseModel):
    """Every active brand by name."""

    items: list[StorefrontBrandRead]


class StorefrontCategoriesRead(BaseModel):
    """The tree of active categories."""

    items: list[StorefrontCategoryRead]
