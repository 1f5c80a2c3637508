"""What the catalogue takes and gives, as JSON. Money is in the store's currency, as a string with its decimals."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from shared.html import clean
from shared.models.enums import AttributeType, ProductStatus
from shared.wire_types import Color, Id, Name, Request, Slug, Url


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such moment") from error


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
DEAREST = 10**9
Money = Annotated[Decimal, Field(ge=0, lt=DEAREST, decimal_places=3)]
Measure = Annotated[Decimal, Field(ge=0, lt=10**6, decimal_places=3)]
Units = Annotated[int, Field(ge=0, le=1_000_000_000)]
Sku = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Html = Annotated[str, Field(max_length=10_000), AfterValidator(clean)]
Text = Annotated[str, Field(max_length=500)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
OptionName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
OptionValue = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Order = Annotated[int, Field(ge=0, le=1_000_000)]


class OptionGiven(Request):
    """A choice that tells variants apart, such as size, with its values in order."""

    name: OptionName
    values: Annotated[list[OptionValue], Field(min_length=1, max_length=100), AfterValidator(_each_once)]


class VariantFields(Request):
    """What may be said of a variant. Weight is in kilograms, lengths in centimetres."""

    barcode: Code | None = None
    compare_at_price: Money | None = Field(None, description="The price before a reduction; higher than `price`.")
    cost_price: Money | None = None
    weight: Measure | None = None
    length: Measure | None = None
    width: Measure | None = None
    height: Measure | None = None


class VariantCreate(VariantFields):
    """A new variant. The SKU is made from the product's slug and the options unless given."""

    sku: Sku | None = None
    price: Money
    options: dict[OptionName, OptionValue] = Field(default_factory=dict, description="A value for each option.")
    track_inventory: bool = True
    stock_quantity: Units = Field(0, description="What is on hand to begin with.")
    low_stock_threshold: Units = 5
    is_active: bool = True
    is_default: bool = False


class VariantUpdate(VariantFields):
    """What may be changed of a variant; what is left out stays. Stock changes through `inventory` alone."""

    sku: Sku | None = None
    price: Money | None = None
    options: dict[OptionName, OptionValue] | None = None
    track_inventory: bool | None = None
    low_stock_threshold: Units | None = None
    is_active: bool | None = None
    is_default: Literal[True] | None = Field(None, description="Make it the default in place of the present one.")


class PlacementGiven(Request):
    """A category that a product is in."""

    category_id: Id
    is_primary: bool = False


class AttributeGiven(Request):
    """The values of an attribute that a product has."""

    attribute_id: Id
    values: Annotated[list[OptionValue], Field(min_length=1, max_length=100), AfterValidator(_each_once)]


class LabelGiven(Request):
    """A badge."""

    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
    color: Color | None = None
    priority: Order = 0


class MediumGiven(Request):
    """A picture that lies elsewhere on the web."""

    url: Url
    alt_text: Text | None = None
    mime_type: Annotated[str, Field(pattern=r"^(image|video)/[\w.+-]+$")] = "image/jpeg"
    is_featured: bool = False


class MediumUploadCreate(Request):
    """A picture or a film that is about to be uploaded. Size is in bytes: up to 10 MB, for a film up to 50 MB."""

    mime_type: Literal["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "video/mp4"]
    size: Annotated[int, Field(ge=1, le=52_428_800)]
    alt_text: Text | None = None
    is_featured: bool = False


class MediumUpdate(Request):
    """What may be changed of a picture; what is left out stays."""

    alt_text: Text | None = None
    display_order: Order | None = None
    is_featured: bool | None = None


class ProductFields(Request):
    """What may be said of a product, beside its parts."""

    slug: Slug | None = Field(None, description="Made from the name unless given.")
    description: Html | None = None
    short_description: Text | None = None
    brand_id: Id | None = None
    sku: Sku | None = None
    barcode: Code | None = None
    tax_rate_id: Id | None = None
    published_at: Moment | None = Field(None, description="From when on it is shown; at once unless given.")
    meta_title: Text | None = None
    meta_description: Text | None = None
    meta_keywords: Text | None = None


class ProductCreate(ProductFields):
    """A product with all its parts: saved whole, or not at all."""

    name: Name
    status: ProductStatus = ProductStatus.DRAFT
    is_taxable: bool = True
    options: Annotated[list[OptionGiven], Field(max_length=5)] = []  # noqa: RUF012 - pydantic copies it
    variants: Annotated[list[VariantCreate], Field(min_length=1, max_length=100)]
    categories: Annotated[list[PlacementGiven], Field(max_length=20)] = []  # noqa: RUF012 - pydantic copies it
    attributes: Annotated[list[AttributeGiven], Field(max_length=50)] = []  # noqa: RUF012 - pydantic copies it
    labels: Annotated[list[LabelGiven], Field(max_length=10)] = []  # noqa: RUF012 - pydantic copies it
    media: Annotated[list[MediumGiven], Field(max_length=10)] = []  # noqa: RUF012 - pydantic copies it


class ProductUpdate(ProductFields):
    """What may be changed of a product; what is left out stays, and a list that is given replaces the one there is."""

    name: Name | None = None
    status: ProductStatus | None = None
    is_taxable: bool | None = None
    categories: Annotated[list[PlacementGiven], Field(max_length=20)] | None = None
    attributes: Annotated[list[AttributeGiven], Field(max_length=50)] | None = None
    labels: Annotated[list[LabelGiven], Field(max_length=10)] | None = None


class ProductsUpdate(Request):
    """One change of many products: all of them, or none."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    status: ProductStatus | None = None
    category_id: Id | None = Field(None, description="Put them into this category too.")
    price_percent: Annotated[Decimal, Field(gt=-100, le=1000, decimal_places=2)] | None = Field(
        None, description="Raise or lower every variant's price by so many per cent."
    )


class BrandCreate(Request):
    """A new brand."""

    name: Name
    slug: Slug | None = None
    description: Html | None = None
    logo_url: Url | None = None
    website_url: Url | None = None
    is_active: bool = True


class BrandUpdate(Request):
    """What may be changed of a brand; what is left out stays."""

    name: Name | None = None
    slug: Slug | None = None
    description: Html | None = None
    logo_url: Url | None = None
    website_url: Url | None = None
    is_active: bool | None = None


class CategoryCreate(Request):
    """A new category, inside another or at the top."""

    name: Name
    slug: Slug | None = None
    parent_id: Id | None = None
    description: Html | None = None
    image_url: Url | None = None
    display_order: Order = 0
    is_active: bool = True
    meta_title: Text | None = None
    meta_description: Text | None = None


class CategoryUpdate(Request):
    """What may be changed of a category; what is left out stays. `move` puts it elsewhere."""

    name: Name | None = None
    slug: Slug | None = None
    description: Html | None = None
    image_url: Url | None = None
    display_order: Order | None = None
    is_active: bool | None = None
    meta_title: Text | None = None
    meta_description: Text | None = None


class CategoryMove(Request):
    """Where a category goes: into another, or with null to the top."""

    parent_id: Id | None
    display_order: Order | None = None


class AttributeCreate(Request):
    """A new quality that products may have."""

    name: OptionName
    slug: Slug | None = None
    type: AttributeType = AttributeType.SELECT
    values: Annotated[list[OptionValue], Field(max_length=500), AfterValidator(_each_once)] = []  # noqa: RUF012 - pydantic copies it
    display_order: Order = 0
    is_active: bool = True


class AttributeUpdate(Request):
    """What may be changed of an attribute; what is left out stays."""

    name: OptionName | None = None
    type: AttributeType | None = None
    values: Annotated[list[OptionValue], Field(max_length=500), AfterValidator(_each_once)] | None = None
    display_order: Order | None = None
    is_active: bool | None = None


class VariantRead(BaseModel):
    """A variant, to those who sell it. `available` is what is on hand less what is reserved."""

    id: str
    product_id: str
    sku: str
    barcode: str | None
    options: dict[str, str]
    price: str
    compare_at_price: str | None
    cost_price: str | None
    track_inventory: bool
    stock_quantity: int
    reserved_quantity: int
    available: int
    low_stock_threshold: int
    weight: str | None
    length: str | None
    width: str | None
    height: str | None
    is_active: bool
    is_default: bool
    version: int


class PlacementRead(BaseModel):
    """A category that a product is in."""

    category_id: str
    slug: str
    name: str
    is_primary: bool


class AttributeValuesRead(BaseModel):
    """The values of an attribute that a product has."""

    attribute_id: str
    slug: str
    name: str
    values: list[str]


class LabelRead(BaseModel):
    """A badge."""

    label: str
    color: str | None
    priority: int


class MediumRead(BaseModel):
    """A picture or a film of a product. Size is in bytes, 0 of what lies elsewhere; width and height are in pixels.

    The thumbnail, and with it the measures, come a few seconds after a picture of ours.
    """

    id: str
    url: str
    thumbnail_url: str | None
    alt_text: str | None
    mime_type: str
    size: int
    width: int | None
    height: int | None
    display_order: int
    is_featured: bool


class MediumUploadRead(BaseModel):
    """Where to POST a file before `expires_at`: a multipart form of `fields`, and the file last, as `file`."""

    id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime


class ProductSummaryRead(BaseModel):
    """A product in a list."""

    id: str
    slug: str
    name: str
    status: ProductStatus
    sku: str | None
    brand_id: str | None
    currency: str
    price_min: str | None
    price_max: str | None
    variant_count: int
    available: int
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int


class ProductRead(BaseModel):
    """A product with all its parts."""

    id: str
    slug: str
    name: str
    status: ProductStatus
    description: str | None
    short_description: str | None
    brand_id: str | None
    sku: str | None
    barcode: str | None
    is_taxable: bool
    tax_rate_id: str | None
    published_at: datetime | None
    meta_title: str | None
    meta_description: str | None
    meta_keywords: str | None
    currency: str
    variants: list[VariantRead]
    categories: list[PlacementRead]
    attributes: list[AttributeValuesRead]
    labels: list[LabelRead]
    media: list[MediumRead]
    version: int
    created_at: datetime
    updated_at: datetime


class ProductsUpdated(BaseModel):
    """How many products were changed."""

    updated: int


class BrandRead(BaseModel):
    """A brand."""

    id: str
    name: str
    slug: str
    description: str | None
    logo_url: str | None
    website_url: str | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class CategoryRead(BaseModel):
    """A category."""

    id: str
    name: str
    slug: str
    parent_id: str | None
    description: str | None
    image_url: str | None
    display_order: int
    is_active: bool
    meta_title: str | None
    meta_description: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class AttributeRead(BaseModel):
    """A quality that products may have."""

    id: str
    name: str
    slug: str
    type: AttributeType
    values: list[str]
    display_order: int
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class CategoriesRead(BaseModel):
    """All categories of a store."""

    items: list[CategoryRead]


class AttributesRead(BaseModel):
    """All attributes of a store."""

    items: list[AttributeRead]
