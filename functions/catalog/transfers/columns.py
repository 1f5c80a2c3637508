"""The columns of our own files: what each says, and of what."""

DEFINITION = ("row", "parent", "display_order", "website_url", "attribute_type", "values")
"""`row` says what a row is of: brand, category, attribute, or product when empty."""
PRODUCT = (
    *("slug", "name", "status", "published_at", "short_description", "description", "brand", "product_sku"),
    *("product_barcode", "primary_category", "categories", "attributes", "labels", "taxable", "tax_rate"),
    *("meta_title", "meta_description", "meta_keywords"),
)
OPTIONS = tuple((f"option{number}_name", f"option{number}_value") for number in range(1, 6))
VARIANT = (
    *("sku", "barcode", "price", "compare_at_price", "cost_price", "stock", "low_stock_threshold", "track_inventory"),
    *("weight", "length", "width", "height", "active", "default"),
)
IMAGE = ("image_url", "image_alt_text", "image_mime_type", "image_featured", "image_order")
ALL = (*DEFINITION[:1], *PRODUCT, *(name for pair in OPTIONS for name in pair), *VARIANT, *IMAGE, *DEFINITION[1:])
KINDS = ("attribute", "category", "brand", "product")
"""In the order in which they are imported: what products refer to goes before them."""
MERGE = "+attributes"
"""Not a column: the file's dialect names some of a product's attributes, and says nothing of the others."""
DEFAULT_OPTIONS = "+default"
"""Not a column: the options of the default variant, as in `attributes`."""
Cells = dict[str, str]
"""What a row says, by our own columns; what is empty is left out."""
