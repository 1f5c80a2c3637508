"""What a store sells: products with their variants, and what sorts and describes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.column_types import Measure, Money
from shared.models.base import (
    Base,
    SoftDeletes,
    TenantScoped,
    Versioned,
    live_index,
    live_unique,
    not_negative,
    tenant_key,
)
from shared.models.columns import flag, json_list, json_object, number, one_of
from shared.models.enums import AttributeType, ProductStatus


class Brand(TenantScoped, SoftDeletes, Versioned, Base):
    """Who makes a product."""

    __tablename__ = "brands"
    __table_args__ = (live_unique("uq_brands_live_slug", "slug"), live_index("ix_brands_live_name", "name", "id"))

    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    logo_url: Mapped[str | None]
    website_url: Mapped[str | None]
    is_active: Mapped[bool] = flag(True)


class Category(TenantScoped, SoftDeletes, Versioned, Base):
    """A shelf; shelves nest at most five deep."""

    __tablename__ = "categories"
    __table_args__ = (
        tenant_key("parent_id", "categories", ondelete="SET NULL"),
        live_unique("uq_categories_live_slug", "slug"),
        live_index("ix_categories_live_order", "display_order", "name", "id"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
    )

    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    parent_id: Mapped[str | None]
    image_url: Mapped[str | None]
    display_order: Mapped[int] = number()
    is_active: Mapped[bool] = flag(True)
    meta_title: Mapped[str | None]
    meta_description: Mapped[str | None]

    parent: Mapped["Category | None"] = relationship(
        primaryjoin="and_(foreign(Category.parent_id) == remote(Category.id), "
        "Category.store_id == remote(Category.store_id))",
        back_populates="children",
    )
    children: Mapped[list["Category"]] = relationship(
        primaryjoin="and_(remote(foreign(Category.parent_id)) == Category.id, "
        "remote(Category.store_id) == Category.store_id)",
        back_populates="parent",
    )


class Product(TenantScoped, SoftDeletes, Versioned, Base):
    """What a shopper looks at; what is bought is one of its variants."""

    __tablename__ = "products"
    __table_args__ = (
        tenant_key("brand_id", "brands", ondelete="SET NULL"),
        tenant_key("tax_rate_id", "tax_rates", ondelete="SET NULL"),
        live_unique("uq_products_live_slug", "slug"),
        live_unique("uq_products_live_sku", "sku"),
        live_index("ix_products_live_newest", "status", "published_at", "id"),
        live_index("ix_products_live_name", "status", "name", "id"),
        live_index("ix_products_live_price", "status", "price_min", "id"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("status <> 'ACTIVE' OR published_at IS NOT NULL", name="active_is_published"),
    )

    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    brand_id: Mapped[str | None]
    barcode: Mapped[str | None]
    sku: Mapped[str | None]
    is_taxable: Mapped[bool] = flag(True)
    tax_rate_id: Mapped[str | None]
    status: Mapped[ProductStatus] = one_of(ProductStatus.DRAFT)
    published_at: Mapped[datetime | None]
    price_min: Mapped[Decimal | None] = mapped_column(Money())
    """Lowest price of an active variant, kept by a trigger; none when there is nothing to buy."""
    price_max: Mapped[Decimal | None] = mapped_column(Money())
    meta_title: Mapped[str | None]
    meta_description: Mapped[str | None]
    meta_keywords: Mapped[str | None]

    brand: Mapped[Brand | None] = relationship(
        primaryjoin="and_(foreign(Product.brand_id) == Brand.id, Product.store_id == Brand.store_id)"
    )
    variants: Mapped[list["Variant"]] = relationship(
        primaryjoin="and_(Product.id == foreign(Variant.product_id), Product.store_id == Variant.store_id)",
        back_populates="product",
        order_by="Variant.is_default.desc(), Variant.sku",
    )
    product_categories: Mapped[list["ProductCategory"]] = relationship(
        primaryjoin="and_(Product.id == foreign(ProductCategory.product_id), "
        "Product.store_id == ProductCategory.store_id)",
        back_populates="product",
    )
    categories: Mapped[list[Category]] = relationship(
        secondary="product_categories",
        primaryjoin="and_(Product.id == foreign(ProductCategory.product_id), "
        "Product.store_id == ProductCategory.store_id)",
        secondaryjoin="and_(Category.id == foreign(ProductCategory.category_id), "
        "Category.store_id == ProductCategory.store_id)",
        viewonly=True,
    )
    product_attributes: Mapped[list["ProductAttribute"]] = relationship(
        primaryjoin="and_(Product.id == foreign(ProductAttribute.product_id), "
        "Product.store_id == ProductAttribute.store_id)",
        back_populates="product",
    )
    labels: Mapped[list["ProductLabel"]] = relationship(
        primaryjoin="and_(Product.id == foreign(ProductLabel.product_id), Product.store_id == ProductLabel.store_id)",
        back_populates="product",
    )
    media: Mapped[list["Media"]] = relationship(
        primaryjoin="and_(Product.id == foreign(Media.product_id), Product.store_id == Media.store_id)",
        back_populates="product",
        order_by="Media.display_order, Media.id",
    )


class Variant(TenantScoped, SoftDeletes, Versioned, Base):
    """What is sold: a SKU with its price and stock. `attributes` maps an option's name to its value.

    Weight is in kilograms, lengths in centimetres. What can be sold is stock_quantity - reserved_quantity.
    """

    __tablename__ = "variants"
    __table_args__ = (
        tenant_key("product_id", "products"),
        live_unique("uq_variants_live_sku", "sku"),
        Index("ix_variants_store_id_price", "store_id", "price", "product_id"),
        Index(
            "uq_variants_live_default",
            "store_id",
            "product_id",
            unique=True,
            postgresql_where=text("is_default AND deleted_at IS NULL"),
            sqlite_where=text("is_default AND deleted_at IS NULL"),
        ),
        *not_negative("price", "compare_at_price", "cost_price", "stock_quantity", "reserved_quantity"),
        *not_negative("low_stock_threshold", "weight", "length", "width", "height"),
        CheckConstraint("NOT track_inventory OR reserved_quantity <= stock_quantity", name="reserved_within_stock"),
        CheckConstraint("length(sku) BETWEEN 1 AND 50", name="sku_length"),
    )

    product_id: Mapped[str]
    sku: Mapped[str]
    barcode: Mapped[str | None]
    price: Mapped[Decimal] = mapped_column(Money())
    compare_at_price: Mapped[Decimal | None] = mapped_column(Money())
    cost_price: Mapped[Decimal | None] = mapped_column(Money())
    track_inventory: Mapped[bool] = flag(True)
    stock_quantity: Mapped[int] = number()
    reserved_quantity: Mapped[int] = number()
    low_stock_threshold: Mapped[int] = number(5)
    weight: Mapped[Decimal | None] = mapped_column(Measure())
    length: Mapped[Decimal | None] = mapped_column(Measure())
    width: Mapped[Decimal | None] = mapped_column(Measure())
    height: Mapped[Decimal | None] = mapped_column(Measure())
    is_active: Mapped[bool] = flag(True)
    is_default: Mapped[bool] = flag(False)
    attributes: Mapped[dict[str, Any]] = json_object()

    product: Mapped[Product] = relationship(
        primaryjoin="and_(Product.id == foreign(Variant.product_id), Product.store_id == Variant.store_id)",
        back_populates="variants",
    )


class Attribute(TenantScoped, Versioned, Base):
    """A quality that products of a store have, such as size or colour, with its possible values."""

    __tablename__ = "attributes"
    __table_args__ = (UniqueConstraint("store_id", "slug"),)

    name: Mapped[str]
    slug: Mapped[str]
    type: Mapped[AttributeType] = one_of(AttributeType.SELECT)
    values: Mapped[list[str]] = json_list()
    display_order: Mapped[int] = number()
    is_active: Mapped[bool] = flag(True)


class ProductAttribute(TenantScoped, Base):
    """The values of an attribute that a product has."""

    __tablename__ = "product_attributes"
    __table_args__ = (
        tenant_key("product_id", "products"),
        tenant_key("attribute_id", "attributes"),
        UniqueConstraint("store_id", "product_id", "attribute_id"),
    )

    product_id: Mapped[str]
    attribute_id: Mapped[str]
    selected_values: Mapped[list[str]] = json_list()

    product: Mapped[Product] = relationship(
        primaryjoin="and_(Product.id == foreign(ProductAttribute.product_id), "
        "Product.store_id == ProductAttribute.store_id)",
        back_populates="product_attributes",
    )
    attribute: Mapped[Attribute] = relationship(
        primaryjoin="and_(Attribute.id == foreign(ProductAttribute.attribute_id), "
        "Attribute.store_id == ProductAttribute.store_id)"
    )


class ProductCategory(TenantScoped, Base):
    """A product's place on a shelf; one of its places is the primary one."""

    __tablename__ = "product_categories"
    __table_args__ = (
        tenant_key("product_id", "products"),
        tenant_key("category_id", "categories"),
        UniqueConstraint("store_id", "product_id", "category_id"),
    )

    product_id: Mapped[str]
    category_id: Mapped[str]
    is_primary: Mapped[bool] = flag(False)

    product: Mapped[Product] = relationship(
        primaryjoin="and_(Product.id == foreign(ProductCategory.product_id), "
        "Product.store_id == ProductCategory.store_id)",
        back_populates="product_categories",
    )
    category: Mapped[Category] = relationship(
        primaryjoin="and_(Category.id == foreign(ProductCategory.category_id), "
        "Category.store_id == ProductCategory.store_id)"
    )


class ProductLabel(TenantScoped, Base):
    """A badge such as NEW, SALE or HOT."""

    __tablename__ = "product_labels"
    __table_args__ = (tenant_key("product_id", "products"), Index(None, "store_id", "label"))

    product_id: Mapped[str]
    label: Mapped[str]
    color: Mapped[str | None]
    priority: Mapped[int] = number()

    product: Mapped[Product] = relationship(
        primaryjoin="and_(Product.id == foreign(ProductLabel.product_id), Product.store_id == ProductLabel.store_id)",
        back_populates="labels",
    )


class Media(TenantScoped, Base):
    """A product's picture or video. Size is in bytes, width and height in pixels.

    `storage_key` names the object in our bucket; a file that lies elsewhere on the web has none, and takes no storage.
    """

    __tablename__ = "media"
    __table_args__ = (tenant_key("product_id", "products"), *not_negative("size"))

    product_id: Mapped[str]
    url: Mapped[str]
    thumbnail_url: Mapped[str | None]
    alt_text: Mapped[str | None]
    mime_type: Mapped[str]
    size: Mapped[int]
    storage_key: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    display_order: Mapped[int] = number()
    is_featured: Mapped[bool] = flag(False)

    product: Mapped[Product] = relationship(
        primaryjoin="and_(Product.id == foreign(Media.product_id), Product.store_id == Media.store_id)",
        back_populates="media",
    )


class MediaUpload(TenantScoped, Base):
    """A file that somebody may put into our bucket until `expires_at`; confirmed, it becomes a Media row."""

    __tablename__ = "media_uploads"
    __table_args__ = (tenant_key("product_id", "products"), Index(None, "expires_at"), *not_negative("size"))

    product_id: Mapped[str]
    storage_key: Mapped[str]
    mime_type: Mapped[str]
    size: Mapped[int]
    alt_text: Mapped[str | None]
    is_featured: Mapped[bool] = flag(False)
    expires_at: Mapped[datetime]


class SlugRedirect(TenantScoped, Base):
    """A slug that a product, a category or a brand had before; it leads there until something else takes it."""

    __tablename__ = "slug_redirects"
    __table_args__ = (
        tenant_key("product_id", "products"),
        tenant_key("category_id", "categories"),
        tenant_key("brand_id", "brands"),
        UniqueConstraint("store_id", "kind", "slug"),
        CheckConstraint(
            "product_id IS NOT NULL OR category_id IS NOT NULL OR brand_id IS NOT NULL", name="leads_somewhere"
        ),
    )

    kind: Mapped[str]
    slug: Mapped[str]
    product_id: Mapped[str | None]
    category_id: Mapped[str | None]
    brand_id: Mapped[str | None]
