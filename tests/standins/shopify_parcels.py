"""The parcels of the Shopify stand-in: fulfilment orders, of which fulfilments take units, as Shopify lets them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Node = dict[str, Any]
PAGE = 2
"""So few lines on a page, whatever was asked for, that a test sees the second."""


@dataclass
class Parcels:
    """Orders with their lines, by place, and what was fulfilled of them."""

    orders: dict[str, Node] = field(default_factory=dict)
    waiting: dict[str, Node] = field(default_factory=dict)
    """Fulfilment orders by id."""
    made: dict[str, Node] = field(default_factory=dict)
    """Fulfilments by id, in their order."""
    mails: list[str] = field(default_factory=list)
    """The fulfilments that a customer was told of."""
    ids: Iterator[int] = field(default_factory=lambda: count(6_100_000_000_001))

    def open(self, order: int, *places: dict[int, int]) -> None:
        """An order whose units of lines, by line id, lie in these places."""
        whole = f"gid://shopify/Order/{order}"
        self.orders[whole] = {"cancelledAt": None}
        for place, units in enumerate(places, 1):
            number = f"gid://shopify/FulfillmentOrder/{next(self.ids)}"
            rows = [
                {
                    "id": f"gid://shopify/FulfillmentOrderLineItem/{next(self.ids)}",
                    "remainingQuantity": left,
                    "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
                }
                for line, left in units.items()
            ]
            location = {"location": {"id": f"gid://shopify/Location/{place}"}}
            self.waiting[number] = {"order": whole, "status": "OPEN", "assignedLocation": location, "rows": rows}

    def fulfilled(self) -> list[dict[int, int]]:
        """Units by line id of each fulfilment that stands, oldest first."""
        standing = [one for one in self.made.values() if one["status"] == "SUCCESS"]
        return [
            {int(row["lineItem"]["id"].rpartition("/")[2]): row["quantity"] for row in one["rows"]} for one in standing
        ]

    def answer_order(self, variables: Node) -> Node | None:
        """`order`, as far as parcels go."""
        order = self.orders.get(variables["id"])
        if order is None:
            return None
        made = [{"id": key, **one} for key, one in self.made.items() if one["order"] == variables["id"]]
        waiting = [{"id": key, **one} for key, one in self.waiting.items() if one["order"] == variables["id"]]
        return {**order, "fulfillments": made, "fulfillmentOrders": {"nodes": waiting}}

    def answer_fulfillmentOrder(self, variables: Node) -> Node | None:  # noqa: N802 - the root field's name
        """`fulfillmentOrder`."""
        return {"lineItems": _page(self.waiting[variables["id"]]["rows"], variables)}

    def answer_fulfillment(self, variables: Node) -> Node | None:
        """`fulfillment`."""
        return {"fulfillmentLineItems": _page(self.made[variables["id"]]["rows"], variables)}

    def answer_fulfillmentCreate(self, variables: Node) -> Node:  # noqa: N802
        """`fulfillmentCreate`: all of it or nothing, of one order and one place."""
        given = variables["fulfillment"]
        taken: list[tuple[Node, int]] = []
        orders = [self.waiting[one["fulfillmentOrderId"]] for one in given["lineItemsByFulfillmentOrder"]]
        if (
            len({order["order"] for order in orders}) > 1
            or len({str(order["assignedLocation"]) for order in orders}) > 1
        ):
            return _refused("All fulfillment orders must be assigned to the same location and belong to one order.")
        for one, order in zip(given["lineItemsByFulfillmentOrder"], orders, strict=True):
            if order["status"] not in ("OPEN", "IN_PROGRESS"):
                return _refused("Fulfillment order has an unfulfillable status = closed.")
            rows = {row["id"]: row for row in order["rows"]}
            # Without lines it is all of them.
            asked = one.get("fulfillmentOrderLineItems") or [
                {"id": row["id"], "quantity": row["remainingQuantity"]} for row in order["rows"]
            ]
            taken += [(rows[row["id"]], row["quantity"]) for row in asked]
        if any(units < 1 or units > row["remainingQuantity"] for row, units in taken):
            return _refused("Invalid fulfillment order line item quantity requested.")
        for row, units in taken:
            row["remainingQuantity"] -= units
        for order in orders:
            order["status"] = "IN_PROGRESS" if any(row["remainingQuantity"] for row in order["rows"]) else "CLOSED"
        return self._made(orders[0]["order"], taken, given)

    def answer_fulfillmentTrackingInfoUpdate(self, variables: Node) -> Node:  # noqa: N802
        """`fulfillmentTrackingInfoUpdate`."""
        self.made[variables["id"]]["trackingInfo"] = [variables["tracking"]]
        if variables.get("notify"):
            self.mails.append(variables["id"])
        return {"fulfillment": {"id": variables["id"]}, "userErrors": []}

    def answer_fulfillmentCancel(self, variables: Node) -> Node:  # noqa: N802
        """`fulfillmentCancel`: its units wait again, in a fulfilment order of their own."""
        one = self.made[variables["id"]]
        if one["status"] == "CANCELLED":
            return {"fulfillment": None, "userErrors": [{"field": ["id"], "message": "Fulfillment is cancelled."}]}
        one["status"] = "CANCELLED"
        rows = [
            {
                "id": f"gid://shopify/FulfillmentOrderLineItem/{next(self.ids)}",
                "remainingQuantity": row["quantity"],
                "lineItem": row["lineItem"],
            }
            for row in one["rows"]
        ]
        number = f"gid://shopify/FulfillmentOrder/{next(self.ids)}"
        place = {"location": {"id": "gid://shopify/Location/1"}}
        self.waiting[number] = {"order": one["order"], "status": "OPEN", "assignedLocation": place, "rows": rows}
        return {"fulfillment": {"id": variables["id"], "status": "CANCELLED"}, "userErrors": []}

    def _made(self, order: str, taken: list[tuple[Node, int]], given: Node) -> Node:
        number = f"gid://shopify/Fulfillment/{next(self.ids)}"
        rows = [{"quantity": units, "lineItem": row["lineItem"]} for row, units in taken]
        tracking = [{"number": None, **given["trackingInfo"]}]
        self.made[number] = {"order": order, "status": "SUCCESS", "trackingInfo": tracking, "rows": rows}
        if given.get("notifyCustomer"):
            self.mails.append(number)
        return {"fulfillment": {"id": number}, "userErrors": []}


def _page(rows: list[Node], variables: Node) -> Node:
    begin = int(variables.get("after") or 0)
    info = {"hasNextPage": begin + PAGE < len(rows), "endCursor": str(begin + PAGE)}
    return {"nodes": rows[begin : begin + PAGE], "pageInfo": info}


def _refused(message: str) -> Node:
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": message}]}
