"""Bodies in the shapes that WooCommerce and Shopify send, with what a test does not say."""

from typing import Any

AT = "2026-11-20T10:00:00"


def product(external_id: int = 900, **given: Any) -> dict[str, Any]:
    """A simple product of WooCommerce with three units."""
    return {
        "id": external_id,
        "name": f"Mug {external_id}",
        "slug": f"mug-{external_id}",
        "type": "simple",
        "status": "publish",
        "sku": f"MUG-{external_id}",
        "price": "12.50",
        "regular_price": "12.50",
        "sale_price": "",
        "manage_stock": True,
        "stock_quantity": 3,
        "date_modified_gmt": AT,
        "categories": [],
        "images": [],
        "attributes": [],
        "variations": [],
    } | given


def order(external_id: int = 700, *lines: tuple[int, int], **given: Any) -> dict[str, Any]:
    """A paid order of WooCommerce for units of products, by their ids, at 10.00 each."""
    items = [
        {
            "id": number,
            "name": f"Mug {product_id}",
            "product_id": product_id,
            "variation_id": 0,
            "quantity": units,
            "subtotal": f"{units * 10}.00",
            "total": f"{units * 10}.00",
            "total_tax": "0.00",
            "sku": f"MUG-{product_id}",
        }
        for number, (product_id, units) in enumerate(lines or [(900, 1)], 1)
    ]
    return {
        "id": external_id,
        "number": str(external_id),
        "status": "processing",
        "currency": "BDT",
        "total": f"{sum(units for _, units in lines or [(900, 1)]) * 10}.00",
        "total_tax": "0.00",
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "customer_id": 0,
        "billing": {
            "email": "buyer@example.com",
            "first_name": "B",
            "address_1": "1 Road",
            "city": "Dhaka",
            "country": "BD",
        },
        "shipping": {},
        "payment_method": "stripe",
        "line_items": items,
        "refunds": [],
        "date_created_gmt": "2026-11-20T11:00:00",
        "date_modified_gmt": "2026-11-20T11:00:00",
        "date_paid_gmt": "2026-11-20T11:00:00",
    } | given


def customer(external_id: int = 50, email: str = "c@example.com", **given: Any) -> dict[str, Any]:
    """A customer of WooCommerce."""
    names = {"id": external_id, "email": email, "first_name": "Chandra", "last_name": "Das", "date_modified_gmt": AT}
    return names | {"billing": {}, "shipping": {}} | given


def coupon(external_id: int = 60, code: str = "ten", **given: Any) -> dict[str, Any]:
    """A coupon of WooCommerce for ten per cent."""
    fields = {"id": external_id, "code": code, "amount": "10.00", "discount_type": "percent", "status": "publish"}
    return fields | {"date_created_gmt": AT, "date_modified_gmt": AT} | given


def shopify_product(**given: Any) -> dict[str, Any]:
    """A product of Shopify in two sizes, ids beyond what a float holds."""
    variants = [
        {
            "id": 9007199254740993 + place,
            "title": size,
            "sku": f"TEE-{size}",
            "price": "19.99",
            "compare_at_price": "24.99",
            "option1": size,
            "inventory_management": "shopify",
            "inventory_quantity": 5,
            "inventory_item_id": 9107199254740993 + place,
            "weight": 200.0,
            "weight_unit": "g",
            "updated_at": None,
        }
        for place, size in enumerate(("S", "M"))
    ]
    return {
        "id": 9207199254740993,
        "title": "Tee",
        "body_html": None,
        "vendor": "Acme",
        "handle": "tee",
        "status": "active",
        "updated_at": "2026-11-20T10:00:00-04:00",
        "variants": variants,
        "options": [{"name": "Size", "values": ["S", "M"]}],
        "images": [{"id": 1, "src": "//cdn.example.com/tee.png", "alt": None}],
    } | given
