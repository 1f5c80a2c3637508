"""What a Shopify shop lists beside what we write: orders with their refunds, customers, levels of stock.

Nodes are whole, as the Admin API has them in version 2026-04; a test says of each what matters to it. Lists are in the
order of `updatedAt`, and take `updated_at:>='...'` as Shopify's search does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Node = dict[str, Any]
AT = "2026-11-20T10:00:00Z"


@dataclass
class Lists:
    """Orders and customers by id; `denied` are root fields that the app may not read."""

    orders: dict[str, Node] = field(default_factory=dict)
    customers: dict[str, Node] = field(default_factory=dict)
    levels: dict[str, dict[str, Node]] = field(default_factory=dict)
    """By location, then by item."""
    further_lines: dict[str, Node] = field(default_factory=dict)
    """The second page of an order's lines."""
    denied: set[str] = field(default_factory=set)
    most_first: int = 250
    """A longer page costs more than any call may."""

    def put_order(self, number: int, *lines: Node, **given: Any) -> Node:
        """An order that is there from now on, in place of the one before."""
        total = sum(float(line["originalUnitPriceSet"]["shopMoney"]["amount"]) * line["quantity"] for line in lines)
        node = _order(number, list(lines), total) | given
        self.orders[node["id"]] = node
        return node

    def put_customer(self, number: int, email: str, **given: Any) -> Node:
        """A customer who is there from now on."""
        node: Node = {
            "id": f"gid://shopify/Customer/{number}",
            "firstName": "Chandra",
            "lastName": "Das",
            "updatedAt": AT,
            "defaultEmailAddress": {"emailAddress": email, "marketingState": "NOT_SUBSCRIBED"},
            "defaultPhoneNumber": None,
            "defaultAddress": None,
        }
        self.customers[node["id"]] = node | given
        return self.customers[node["id"]]

    def put_level(self, item: str, quantity: int, at: str = AT, location: str = "gid://shopify/Location/1") -> None:
        """How much there is of an item at a place."""
        self.levels.setdefault(location, {})[item] = {
            "item": {"id": item},
            "updatedAt": at,
            "quantities": [{"name": "available", "quantity": quantity}],
        }

    def _orders(self, variables: Node) -> Node:
        return paged(self.orders.values(), variables)

    def _customers(self, variables: Node) -> Node:
        return paged(self.customers.values(), variables)

    def _ordersCount(self, variables: Node) -> Node:  # noqa: N802 - the root field's name
        return {"count": len(changed(self.orders.values(), variables["query"]))}

    def _customersCount(self, variables: Node) -> Node:  # noqa: N802
        return {"count": len(changed(self.customers.values(), variables["query"]))}

    def _places(self, variables: Node) -> Node:
        """Locations, one at a time, with a page of their levels."""
        places = list(self.levels) or ["gid://shopify/Location/1"]
        at = int(variables["place"] or 0)
        rows = self.levels.get(places[at], {}).values()
        node = {"id": places[at], "inventoryLevels": paged(rows, variables | {"first": 100})}
        return {"nodes": [node], "pageInfo": {"hasNextPage": at + 1 < len(places), "endCursor": str(at + 1)}}


def line(number: int, variant: str | None, quantity: int = 1, price: str = "10.00", **given: Any) -> Node:
    """A line of an order."""
    node: Node = {
        "id": f"gid://shopify/LineItem/{number}",
        "title": f"Line {number}",
        "name": f"Line {number}",
        "sku": None,
        "quantity": quantity,
        "variantTitle": None,
        "requiresShipping": True,
        "product": None,
        "variant": {"id": variant} if variant else None,
        "customAttributes": [],
        "originalUnitPriceSet": money(price),
        "discountAllocations": [],
        "taxLines": [],
    }
    return node | given


def refund(number: int, amount: str, *lines: tuple[str, int, str], **given: Any) -> Node:
    """A refund of an order: ids of its lines with units and amounts."""
    parts = [
        {"quantity": units, "lineItem": {"id": one}, "subtotalSet": money(back), "totalTaxSet": money("0.0")}
        for one, units, back in lines
    ]
    node: Node = {
        "id": f"gid://shopify/Refund/{number}",
        "note": None,
        "createdAt": AT,
        "totalRefundedSet": money(amount),
        "refundLineItems": {"nodes": parts},
        "transactions": {"nodes": [{"kind": "REFUND", "status": "SUCCESS", "amountSet": money(amount)}]},
    }
    return node | given


def money(amount: str) -> Node:
    """An amount as Shopify writes it."""
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


def changed(rows: Iterable[Node], query: str | None) -> list[Node]:
    """What changed since the time that a search names, in the order in which it did."""
    since = re.search(r"updated_at:>='([^']+)'", query or "")
    found = [row for row in rows if since is None or row["updatedAt"] >= since[1]]
    return sorted(found, key=lambda row: row["updatedAt"])


def paged(rows: Iterable[Node], variables: Node) -> Node:
    """A page of what is listed."""
    found, begin = changed(rows, variables.get("query")), int(variables.get("after") or 0)
    end = begin + variables["first"]
    return {"nodes": found[begin:end], "pageInfo": {"hasNextPage": end < len(found), "endCursor": str(end)}}


def _order(number: int, lines: list[Node], total: float) -> Node:
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "email": "buyer@example.com",
        "phone": None,
        "note": None,
        "test": False,
        "createdAt": AT,
        "updatedAt": AT,
        "processedAt": AT,
        "cancelledAt": None,
        "cancelReason": None,
        "currencyCode": "USD",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "paymentGatewayNames": ["shopify_payments"],
        "discountCodes": [],
        "totalPriceSet": money(f"{total:.1f}"),
        "totalDiscountsSet": money("0.0"),
        "totalTaxSet": money("0.0"),
        "customer": None,
        "billingAddress": None,
        "shippingAddress": None,
        "lineItems": {"nodes": lines, "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "shippingLines": {"nodes": []},
        "taxLines": [],
        "fulfillments": [],
        "refunds": [],
    }
