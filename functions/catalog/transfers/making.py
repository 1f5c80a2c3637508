"""Writing products of a file: new ones whole, of others what differs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.catalog.media import MOST as MOST_MEDIA
from functions.catalog.schemas import ProductUpdate, VariantCreate, VariantUpdate
from functions.catalog.transfers.issues import warning
from functions.catalog.transfers.known import Known, Parts
from functions.catalog.transfers.products import GivenImage, GivenProduct, GivenVariant, image_of, order_of, stock_of
from functions.catalog.transfers.references import References
from functions.catalog.variants import made_sku
from shared.models import Media, Product, ProductAttribute, ProductCategory, ProductLabel, Variant
from shared.models.base import new_id, now
from shared.models.enums import ProductStatus
from shared.slugs import free_slug
from shared.tenant_session import TenantSession

PLAIN = ProductUpdate.model_fields.keys() - {"brand_id", "tax_rate_id", "categories", "attributes", "labels"}
Variants = list[tuple[GivenVariant, Variant | None, VariantCreate | VariantUpdate]]
"""What a row gives of a variant, the store's row that it changes, and its fields."""


@dataclass(slots=True)
class Draft:
    """A product that can be written, with all that is said of it; `parts` is None when it is new."""

    given: GivenProduct
    parts: Parts | None
    fields: dict[str, Any]
    variants: Variants
    attributes: dict[str, list[str]]
    primary: list[str]
    places: list[list[str]]


def without_reduction(after: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The same prices, without one before a reduction where a new price leaves none to show."""
    before = after["compare_at_price"]
    if before is not None and "price" in given and "compare_at_price" not in given and before <= after["price"]:
        after["compare_at_price"] = None
    return after


@dataclass(slots=True)
class Writing:
    """The rows that a part of a file makes and changes."""

    session: TenantSession
    known: Known
    references: References
    fresh: list[Any] = field(default_factory=list)
    first_stock: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    defaults: list[Variant] = field(default_factory=list)
    _slugs: dict[int, str] = field(default_factory=dict)

    def slug_of(self, given: GivenProduct) -> str:
        """The slug that a new product gets: the one it is given, or one made from its name that is free."""
        if id(given) not in self._slugs:
            taken = {*self.known.slugs, *self._slugs.values()}
            slug = given.slug
            if not given.has_slug and slug in taken:
                slug = free_slug(self.session, Product, given.cells["name"])
                number = 2
                while slug in self._slugs.values():
                    slug, number = f"{slug}-{number}", number + 1
            self._slugs[id(given)] = slug or f"product-{new_id()[-8:]}"
        return self._slugs[id(given)]

    def write(self, draft: Draft) -> bool:
        """Make or change a product. Returns whether anything is different now, its stock aside."""
        if draft.parts is None:
            product = self._new(draft)
            parts = Parts(product)
        else:
            parts, product = draft.parts, draft.parts.product
        changed = self._fields(product, self._said(draft))
        if product.status is ProductStatus.ACTIVE and product.published_at is None:
            product.published_at = now()
            changed = True
        for change in (self._variants, self._places, self._qualities, self._labels, self._media):
            changed = change(draft, parts) or changed
        if changed and draft.parts is not None:
            # Its parts are the product too: whoever has read it must read it again.
            product.updated_at = now()
        return changed

    def finish(self) -> None:
        """Send all of it to the database."""
        # No two variants of a product are its default, not even for a moment.
        self.session.flush()
        for row in self.defaults:
            row.is_default = True
        self.session.add_all(self.fresh)
        self.session.flush()

    def restocked(self, parts: Parts) -> bool:
        """Whether a variant's stock was set to something else."""
        return any(row.id in self.levels for row in parts.variants)

    def _new(self, draft: Draft) -> Product:
        status = draft.fields.get("status", ProductStatus.DRAFT)
        product = Product(
            id=new_id(), slug=self.slug_of(draft.given), name=draft.fields["name"], status=status, is_taxable=True
        )
        self.fresh.append(product)
        return product

    def _said(self, draft: Draft) -> dict[str, Any]:
        said = {name: value for name, value in draft.fields.items() if name not in {"labels", "slug"}}
        given = draft.given
        if brand := given.cells.get("brand", "").strip():
            said["brand_id"] = self.references.brand(brand)
        if rate := given.cells.get("tax_rate", "").strip():
            found = self.references.tax_rates.get(rate)
            if found is None:
                message = f"tax_rate: There is not exactly one tax rate called {rate}."
                given.issues.append(warning(given.row, "tax_rate_unknown", message, given.any_sku))
            else:
                said["tax_rate_id"] = found
        return said

    def _fields(self, row: Any, said: Mapping[str, Any]) -> bool:
        changed = False
        for name, value in said.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
                changed = True
        return changed

    def _variants(self, draft: Draft, parts: Parts) -> bool:
        rows: list[tuple[GivenVariant, Variant]] = []
        changed = False
        for given, row, body in draft.variants:
            if row is None:
                made = self._new_variant(draft, parts.product, given, body)
                rows.append((given, made))
                changed = True
            else:
                rows.append((given, row))
                changed = self._change_variant(row, given, body) or changed
        return self._choose_default(draft, parts, rows) or changed

    def _new_variant(self, draft: Draft, product: Product, given: GivenVariant, body: Any) -> Variant:
        fields = body.model_dump(exclude={"options", "stock_quantity", "sku", "is_default"})
        sku = body.sku or made_sku(product, body)
        row = Variant(id=new_id(), product_id=product.id, sku=sku, attributes=body.options, is_default=False, **fields)
        self.fresh.append(row)
        if body.stock_quantity:
            self.first_stock[row.id] = body.stock_quantity
        return row

    def _change_variant(self, row: Variant, given: GivenVariant, body: Any) -> bool:
        said = body.model_dump(exclude_unset=True, exclude={"is_default"})
        said = {name: value for name, value in said.items() if value is not None}
        after = without_reduction({"price": row.price, "compare_at_price": row.compare_at_price} | said, said)
        said |= {"compare_at_price": after["compare_at_price"]} if row.compare_at_price is not None else {}
        if "options" in said:
            said["attributes"] = said.pop("options")
        stock = stock_of(given)
        if stock is not None and stock != row.stock_quantity:
            self.levels[row.id] = stock
        return self._fields(row, said)

    def _choose_default(self, draft: Draft, parts: Parts, rows: list[tuple[GivenVariant, Variant]]) -> bool:
        """Make the variant the default that is said to be it; of a new product's the first, when none is."""
        chosen = next(
            (row for (_, row), (_, _, body) in zip(rows, draft.variants, strict=True) if body.is_default), None
        )
        wanted = draft.given.default_options
        if chosen is None and wanted:
            chosen = next((row for given, row in rows if given.options == wanted), None)
        if chosen is None and draft.parts is None:
            chosen = rows[0][1]
        if chosen is None or chosen.is_default:
            return False
        for row in parts.variants:
            if row.is_default:
                row.is_default = False
        if chosen in parts.variants:
            self.defaults.append(chosen)
        else:
            chosen.is_default = True
        return True

    def _places(self, draft: Draft, parts: Parts) -> bool:
        """Put the product on the shelves that are named and no others, when any are."""
        if not draft.primary and not draft.places:
            return False
        there = {row.category_id: row for row in parts.places}
        primary = self.references.category(draft.primary) if draft.primary else None
        wanted = [self.references.category(path) for path in draft.places]
        if primary is None:
            primary = next(
                (row.category_id for row in parts.places if row.is_primary and row.category_id in wanted), None
            )
        ids = list(dict.fromkeys([*([primary] if primary else []), *wanted]))
        changed = False
        for category_id in ids:
            row = there.pop(category_id, None)
            if row is None:
                row = ProductCategory(product_id=parts.product.id, category_id=category_id, is_primary=False)
                self.fresh.append(row)
                changed = True
            changed = self._fields(row, {"is_primary": category_id == primary}) or changed
        return self._gone(there.values()) or changed

    def _qualities(self, draft: Draft, parts: Parts) -> bool:
        """Give the product the qualities that are named and no others, and those that its options are."""
        exactly = bool(draft.attributes) and not draft.given.merges
        rows = {row.attribute_id: row for row in parts.attributes}
        wanted: dict[str, list[str]] = {}
        for name, values in draft.attributes.items():
            attribute = self.references.attribute(name, values, is_option=False)
            wanted[attribute.id] = [*wanted.get(attribute.id, []), *values]
        if not exactly:
            self._add_options(draft, rows, wanted)
        changed = False
        for attribute_id, values in wanted.items():
            row = rows.pop(attribute_id, None)
            if row is None:
                row = ProductAttribute(product_id=parts.product.id, attribute_id=attribute_id, selected_values=values)
                self.fresh.append(row)
                changed = True
            changed = self._fields(row, {"selected_values": values}) or changed
        return (self._gone(rows.values()) if exactly else False) or changed

    def _add_options(self, draft: Draft, rows: Mapping[str, ProductAttribute], wanted: dict[str, list[str]]) -> None:
        options: dict[str, list[str]] = {}
        for given, _, _ in draft.variants:
            for name, value in given.options.items():
                options[name] = [*options.get(name, []), *([] if value in options.get(name, []) else [value])]
        for name, values in options.items():
            attribute = self.references.attribute(name, values, is_option=True)
            there = rows.get(attribute.id)
            base = wanted.get(attribute.id) or (list(there.selected_values) if there else [])
            wanted[attribute.id] = [*base, *(value for value in values if value not in base)]

    def _labels(self, draft: Draft, parts: Parts) -> bool:
        """Give the product the badges that are named and no others, when any are."""
        labels = draft.fields.get("labels")
        if not labels:
            return False
        there = {row.label: row for row in parts.labels}
        changed = False
        for said in labels:
            row = there.pop(said["label"], None)
            if row is None:
                self.fresh.append(ProductLabel(product_id=parts.product.id, **said))
                changed = True
            else:
                changed = self._fields(row, said) or changed
        return self._gone(there.values()) or changed

    def _media(self, draft: Draft, parts: Parts) -> bool:
        """Add pictures that the product does not have, and change what is said of those it has."""
        left, changed = list(parts.media), False
        last = max((row.display_order for row in left), default=-1)
        count, featured = len(left), False
        for image in draft.given.images:
            row = next((row for row in left if row.url == image.url), None)
            if row is not None:
                left.remove(row)
                changed = self._describe(row, image, draft.given) or changed
                featured = featured or row.is_featured
                continue
            if count >= MOST_MEDIA:
                message = f"image_url: A product has at most {MOST_MEDIA} pictures."
                draft.given.issues.append(warning(image.row, "too_many_images", message))
                continue
            body = image_of(image, draft.given.issues)
            if body is None:
                continue
            said = body.model_dump()
            place = order_of(image)
            last = max(last + 1, 0) if place is None else max(last, place)
            order = last if place is None else place
            said["is_featured"] = said["is_featured"] and not featured
            featured = featured or said["is_featured"]
            self.fresh.append(Media(product_id=parts.product.id, size=0, display_order=order, **said))
            count, changed = count + 1, True
        return changed

    def _describe(self, row: Media, image: GivenImage, given: GivenProduct) -> bool:
        """What a row says of a picture that the product has; its address was looked at when it came."""
        body = image_of(GivenImage(image.row, "https://example.com/", image.cells), given.issues)
        if body is None:
            return False
        columns = {"image_alt_text": "alt_text", "image_mime_type": "mime_type", "image_featured": "is_featured"}
        said = {name: getattr(body, name) for column, name in columns.items() if column in image.cells}
        place = order_of(image)
        return self._fields(row, said | ({} if place is None else {"display_order": place}))

    def _gone(self, rows: Any) -> bool:
        gone = list(rows)
        for row in gone:
            self.session.delete(row)
        return bool(gone)
