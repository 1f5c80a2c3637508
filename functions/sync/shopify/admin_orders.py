"""Orders and customers as the GraphQL Admin API has them, in the shape of webhooks, so that one reader reads both.

Amounts are those in the shop's own currency, as webhooks have them outside their `_set` fields.
"""

from decimal import Decimal
from typing import Any

from functions.sync.entities import ExternalCustomer, ExternalOrder, ExternalStock
from functions.sync.shopify.orders import read_order
from functions.sync.shopify.reading import read_customer, read_stock
from shared.platforms.shopify import number_of

_MONEY = "{ shopMoney { amount } }"
LINES = f"""
  nodes {{
    id title name sku quantity variantTitle requiresShipping product {{ id }} variant {{ id }}
    customAttributes {{ key value }}
    originalUnitPriceSet {_MONEY}
    discountAllocations {{
      allocatedAmountSet {_MONEY}
      discountApplication {{ ... on DiscountCodeApplication {{ code }} }}
    }}
    taxLines {{ title priceSet {_MONEY} }}
  }}
  pageInfo {{ hasNextPage endCursor }}
"""
WHOLE_ORDER = f"""
fragment WholeOrder on Order {{
  id name email phone note test createdAt updatedAt processedAt cancelledAt cancelReason currencyCode
  displayFinancialStatus displayFulfillmentStatus paymentGatewayNames discountCodes
  totalPriceSet {_MONEY} totalDiscountsSet {_MONEY} totalTaxSet {_MONEY}
  customer {{ id defaultEmailAddress {{ emailAddress }} }}
  billingAddress {{ ...Where }} shippingAddress {{ ...Where }}
  lineItems(first: 100) {{{LINES}}}
  shippingLines(first: 10) {{ nodes {{ title discountedPriceSet {_MONEY} taxLines {{ title priceSet {_MONEY} }} }} }}
  taxLines {{ title priceSet {_MONEY} }}
  fulfillments(first: 50) {{ id }}
  refunds(first: 50) {{
    id note createdAt
    refundLineItems(first: 100) {{ nodes {{
      quantity lineItem {{ id }} subtotalSet {_MONEY} totalTaxSet {_MONEY}
    }} }}
    transactions(first: 20) {{ nodes {{ kind status amountSet {_MONEY} }} }}
  }}
}}
"""
WHERE = """
fragment Where on MailingAddress {
  firstName lastName company address1 address2 city province provinceCode zip countryCodeV2 phone
}
"""
WHOLE_CUSTOMER = """
fragment WholeCustomer on Customer {
  id firstName lastName updatedAt
  defaultEmailAddress { emailAddress marketingState }
  defaultPhoneNumber { phoneNumber }
  defaultAddress { ...Where }
}
"""
_FULFILLED = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}
Node = dict[str, Any]


def order(node: Node) -> ExternalOrder:
    """An order with its refunds. Raises UnreadableError."""
    customer = node.get("customer") or {}
    return read_order(
        {
            "id": number_of(node["id"]),
            **{name: node.get(name) for name in ("name", "email", "phone", "note", "test")},
            "created_at": node.get("createdAt"),
            "updated_at": node.get("updatedAt"),
            "processed_at": node.get("processedAt"),
            "cancelled_at": node.get("cancelledAt"),
            "cancel_reason": _lower(node.get("cancelReason")),
            "currency": node.get("currencyCode"),
            "financial_status": _lower(node.get("displayFinancialStatus")),
            "fulfillment_status": _FULFILLED.get(str(node.get("displayFulfillmentStatus"))),
            "payment_gateway_names": node.get("paymentGatewayNames") or [],
            "discount_codes": _codes(node),
            "total_price": _money(node, "totalPriceSet"),
            "total_discounts": _money(node, "totalDiscountsSet"),
            "total_tax": _money(node, "totalTaxSet"),
            "customer": {
                "id": _number(customer),
                "email": (customer.get("defaultEmailAddress") or {}).get("emailAddress"),
            },
            "billing_address": _address(node.get("billingAddress")),
            "shipping_address": _address(node.get("shippingAddress")),
            "line_items": [_line(one) for one in _nodes(node, "lineItems")],
            "shipping_lines": [_shipping(one) for one in _nodes(node, "shippingLines")],
            "tax_lines": _taxes(node),
            "fulfillments": [{"id": _number(one)} for one in node.get("fulfillments") or []],
            "refunds": [_refund(one) for one in node.get("refunds") or []],
        }
    )


def customer(node: Node) -> ExternalCustomer:
    """A customer. Raises UnreadableError."""
    mail = node.get("defaultEmailAddress") or {}
    return read_customer(
        {
            "id": number_of(node["id"]),
            "updated_at": node.get("updatedAt"),
            "email": mail.get("emailAddress"),
            "first_name": node.get("firstName"),
            "last_name": node.get("lastName"),
            "phone": (node.get("defaultPhoneNumber") or {}).get("phoneNumber"),
            "email_marketing_consent": {"state": _lower(mail.get("marketingState"))},
            "default_address": _address(node.get("defaultAddress")),
        }
    )


def level(node: Node, location: str) -> ExternalStock:
    """How much there is of an item at a place. Raises UnreadableError."""
    quantities = node.get("quantities") or []
    return read_stock(
        {
            "inventory_item_id": _number(node.get("item")),
            "location_id": number_of(location),
            "available": quantities[0].get("quantity") if quantities else None,
            "updated_at": node.get("updatedAt"),
        }
    )


def _line(node: Node) -> Node:
    return {
        "id": number_of(node["id"]),
        **{name: node.get(name) for name in ("title", "name", "sku", "quantity")},
        "variant_title": node.get("variantTitle"),
        "requires_shipping": node.get("requiresShipping"),
        "product_id": _number(node.get("product")),
        "variant_id": _number(node.get("variant")),
        "properties": [
            {"name": one.get("key"), "value": one.get("value")} for one in node.get("customAttributes") or []
        ],
        "price": _money(node, "originalUnitPriceSet"),
        "discount_allocations": [
            {"amount": _money(one, "allocatedAmountSet")} for one in node.get("discountAllocations") or []
        ],
        "tax_lines": _taxes(node),
    }


def _shipping(node: Node) -> Node:
    return {
        "title": node.get("title"),
        "discounted_price": _money(node, "discountedPriceSet"),
        "tax_lines": _taxes(node),
    }


def _refund(node: Node) -> Node:
    return {
        "id": number_of(node["id"]),
        "note": node.get("note"),
        "created_at": node.get("createdAt"),
        "refund_line_items": [
            {
                "line_item_id": _number(one.get("lineItem")),
                "quantity": one.get("quantity"),
                "subtotal": _money(one, "subtotalSet"),
                "total_tax": _money(one, "totalTaxSet"),
            }
            for one in _nodes(node, "refundLineItems")
        ],
        "transactions": [
            {"kind": _lower(one.get("kind")), "status": _lower(one.get("status")), "amount": _money(one, "amountSet")}
            for one in _nodes(node, "transactions")
        ],
    }


def _codes(node: Node) -> list[Node]:
    """Each code with what it took off; Shopify tells that of each line."""
    amounts = dict.fromkeys(map(str, node.get("discountCodes") or []), Decimal(0))
    for line in _nodes(node, "lineItems"):
        for one in line.get("discountAllocations") or []:
            code = (one.get("discountApplication") or {}).get("code")
            if code in amounts:
                amounts[code] += Decimal(str(_money(one, "allocatedAmountSet") or 0))
    return [{"code": code, "amount": str(amount)} for code, amount in amounts.items()]


def _address(found: Node | None) -> Node | None:
    if not found:
        return None
    return {
        "first_name": found.get("firstName"),
        "last_name": found.get("lastName"),
        **{name: found.get(name) for name in ("company", "address1", "address2", "city", "province", "zip", "phone")},
        "province_code": found.get("provinceCode"),
        "country_code": found.get("countryCodeV2"),
    }


def _taxes(node: Node) -> list[Node]:
    return [{"title": one.get("title"), "price": _money(one, "priceSet")} for one in node.get("taxLines") or []]


def _money(node: Node, name: str) -> Any:
    return ((node.get(name) or {}).get("shopMoney") or {}).get("amount")


def _number(node: Node | None) -> str | None:
    return number_of(str(node["id"])) if node and node.get("id") else None


def _lower(value: Any) -> str | None:
    return str(value).lower() if value else None


def _nodes(node: Node, name: str) -> list[Node]:
    found: list[Node] = (node.get(name) or {}).get("nodes") or []
    return found
