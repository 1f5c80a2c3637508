"""A Shopify Admin GraphQL API on 127.0.0.1: it answers the documents that we send as the recordings do, and is strict.

It pays each call from a bucket of points and answers THROTTLED as HTTP 200 when that is empty (`violations` counts
them); stock is changed only with `@idempotent(key:)` and `changeFromQuantity`, and a key that comes again gets its
first answer. A document is known by the root field that it asks for.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.standins.shopify_lists import AT, Lists, changed, paged
from tests.standins.woocommerce import NoAnswerError, serving

TOKEN = "shpat_standin"
LOCATION = "gid://shopify/Location/1"
Node = dict[str, Any]


@dataclass
class Shopify(Lists):
    """A shop's state: products by id, each with its variants."""

    url: str = ""
    products: dict[str, Node] = field(default_factory=dict)
    calls: list[tuple[str, Node]] = field(default_factory=list)
    answers: dict[str, Node] = field(default_factory=dict)
    """The first answer to each idempotency key."""
    maximum: float = 2000.0
    restore_rate: float = 100.0
    available: float = 2000.0
    cost: float = 10.0
    violations: int = 0
    lose_answers: int = 0
    at: float = field(default_factory=time.monotonic)
    ids: Iterator[int] = field(default_factory=lambda: count(10_220_854_182_194))
    lock: threading.RLock = field(default_factory=threading.RLock)

    def answer(self, request: Request) -> tuple[int, Node]:
        """The answer to a call."""
        if request.headers.get("X-Shopify-Access-Token") != TOKEN:
            return 401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        given = json.loads(request.get_data())
        root = _root(given["query"])
        with self.lock:
            refill = (time.monotonic() - self.at) * self.restore_rate
            self.available, self.at = min(self.maximum, self.available + refill), time.monotonic()
            if self.available < self.cost:
                self.violations += 1
                return 200, {"errors": [_error("Throttled", "THROTTLED")], "extensions": self._extensions()}
            self.available -= self.cost
            self.calls.append((root, given["variables"]))
            if refusal := self._refusal(root, given["variables"]):
                return 200, {"errors": [refusal], "extensions": self._extensions()}
            body = self._data(root, given["query"], given["variables"])
            made = json.loads(json.dumps(body | {"extensions": self._extensions()}))
        if self.lose_answers and given["query"].lstrip().startswith("mutation"):
            self.lose_answers -= 1
            raise NoAnswerError
        return 200, made

    def _refusal(self, root: str, variables: Node) -> Node | None:
        if root in self.denied:
            return _error(f"Access denied for {root} field.", "ACCESS_DENIED", root)
        if variables.get("first", 0) > self.most_first:
            return _error(
                "Query cost is 1501, which exceeds the single query max cost limit (1000).", "MAX_COST_EXCEEDED"
            )
        return None

    def _extensions(self) -> Node:
        status = {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore_rate,
        }
        return {"cost": {"requestedQueryCost": self.cost, "actualQueryCost": self.cost, "throttleStatus": status}}

    def _data(self, root: str, document: str, variables: Node) -> Node:
        if root == "inventorySetQuantities":
            return self._set_quantities(root, document, variables)
        answer = getattr(self, f"_{root}")(variables)
        return {"data": {root: answer}}

    def _set_quantities(self, root: str, document: str, variables: Node) -> Node:
        if "@idempotent(key:" not in document:
            text = "The @idempotent directive is required for this mutation but was not provided."
            return {"errors": [_error(text, "BAD_REQUEST", root)], "data": {root: None}}
        for row in variables["input"]["quantities"]:
            if "changeFromQuantity" not in row:
                text = "InventoryQuantityInput must include the following argument: changeFromQuantity."
                return {"errors": [_error(text, "INVALID_FIELD_ARGUMENTS", root)], "data": {root: None}}
        key = variables["idempotencyKey"]
        if key not in self.answers:
            self.answers[key] = {"data": {root: self._change(variables["input"]["quantities"])}}
        return self.answers[key]

    def _change(self, rows: list[Node]) -> Node:
        for place, row in enumerate(rows):
            variant = self._of_item(row["inventoryItemId"])
            where = ["input", "quantities", str(place), "inventoryItemId"]
            if variant is None:
                return _refusal(where, "The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM")
            if row["changeFromQuantity"] not in (None, variant["inventoryQuantity"]):
                text = "The specified quantity does not match the persisted quantity."
                return _refusal(where, text, "CHANGE_FROM_QUANTITY_STALE")
            variant["inventoryQuantity"] = row["quantity"]
        return {"inventoryAdjustmentGroup": {"id": "gid://shopify/InventoryAdjustmentGroup/1"}, "userErrors": []}

    def _product(self, variables: Node) -> Node | None:
        return self.products.get(variables["id"])

    def _productByIdentifier(self, variables: Node) -> Node | None:  # noqa: N802 - the root field's name
        return next((one for one in self.products.values() if one["handle"] == variables["handle"]), None)

    def _productVariants(self, variables: Node) -> Node:  # noqa: N802
        wanted = variables["query"].removeprefix('sku:"').removesuffix('"')
        nodes = [
            {"sku": variant["sku"], "product": {"id": product["id"]}}
            for product in self.products.values()
            for variant in product["variants"]["nodes"]
            if variant["sku"] == wanted
        ]
        return {"nodes": nodes[:1]}

    def _productSet(self, variables: Node) -> Node:  # noqa: N802
        given, identifier = variables["input"], variables.get("identifier")
        product = self.products[identifier["id"]] if identifier else {"id": f"gid://shopify/Product/{next(self.ids)}"}
        before = {one["id"]: one for one in product.get("variants", {}).get("nodes", [])}
        for name in ("title", "handle", "descriptionHtml", "status"):
            product[name] = given[name]
        product["updatedAt"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        product["vendor"], product["images"] = given.get("vendor", "Shop"), {"nodes": []}
        product["options"] = [
            {"name": one["name"], "values": [value["name"] for value in one["values"]]}
            for one in given["productOptions"]
        ]
        product["variants"] = {"nodes": [self._variant(one, before) for one in given["variants"]]}
        self.products[product["id"]] = product
        return {"product": product, "userErrors": []}

    def _variant(self, given: Node, before: dict[str, Node]) -> Node:
        variant = before.get(given.get("id", "")) or {
            "id": f"gid://shopify/ProductVariant/{next(self.ids)}",
            "inventoryQuantity": sum(one["quantity"] for one in given.get("inventoryQuantities", [])),
            "inventoryItem": {"id": f"gid://shopify/InventoryItem/{next(self.ids)}"},
        }
        assert isinstance(given["price"], str)
        for name in ("price", "compareAtPrice", "barcode", "taxable"):
            variant[name] = given[name]
        variant["sku"] = given["inventoryItem"]["sku"]
        variant["inventoryItem"]["tracked"] = given["inventoryItem"]["tracked"]
        variant["selectedOptions"] = [{"name": o["optionName"], "value": o["name"]} for o in given["optionValues"]]
        variant["updatedAt"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return variant

    def _productDelete(self, variables: Node) -> Node:  # noqa: N802
        gone = self.products.pop(variables["input"]["id"], None)
        errors = [] if gone else [{"field": ["id"], "message": "Product does not exist"}]
        return {"deletedProductId": gone and gone["id"], "userErrors": errors}

    def _inventoryItem(self, variables: Node) -> Node | None:  # noqa: N802
        variant = self._of_item(variables["id"])
        quantities = [{"name": "available", "quantity": variant["inventoryQuantity"]}] if variant else []
        return {"inventoryLevel": {"quantities": quantities}} if variant else None

    def _locations(self, variables: Node) -> Node:
        return self._places(variables) if "place" in variables else {"nodes": [{"id": LOCATION}]}

    def _productsCount(self, variables: Node) -> Node:  # noqa: N802
        return {"count": len(changed(self.products.values(), variables["query"]))}

    def _products(self, variables: Node) -> Node:
        return paged(self.products.values(), variables)

    def _nodes(self, variables: Node) -> list[Node | None]:
        if "after" in variables:
            return [{"lineItems": self.further_lines[one]} for one in variables["ids"]]
        there = {*self.products, *self.orders, *self.customers}
        return [{"id": one} if one in there else None for one in variables["ids"]]

    def put_product(self, number: int, sku: str, **given: Any) -> Node:
        """A product that is there from now on, with one variant."""
        variant = {
            "id": f"gid://shopify/ProductVariant/{number + 1}",
            "sku": sku,
            "barcode": None,
            "price": "19.99",
            "compareAtPrice": None,
            "taxable": True,
            "inventoryQuantity": 5,
            "updatedAt": AT,
            "selectedOptions": [{"name": "Title", "value": "Default Title"}],
            "inventoryItem": {"id": f"gid://shopify/InventoryItem/{number + 2}", "tracked": True},
        }
        node: Node = {
            "id": f"gid://shopify/Product/{number}",
            "title": f"Product {number}",
            "handle": f"product-{number}",
            "status": "ACTIVE",
            "vendor": "Acme",
            "descriptionHtml": "",
            "updatedAt": AT,
            "options": [{"name": "Title", "values": ["Default Title"]}],
            "images": {"nodes": []},
            "variants": {"nodes": [variant]},
        }
        self.products[node["id"]] = node | given
        return self.products[node["id"]]

    def _of_item(self, item: str) -> Node | None:
        variants = [one for product in self.products.values() for one in product["variants"]["nodes"]]
        return next((one for one in variants if one["inventoryItem"]["id"] == item), None)


def _root(document: str) -> str:
    found = re.search(r"\{\s*(\w+)", document)
    assert found is not None, document
    return found.group(1)


def _error(text: str, code: str, root: str | None = None) -> Node:
    return {"message": text, "extensions": {"code": code}} | ({"path": [root]} if root else {})


def _refusal(where: list[str], text: str, code: str) -> Node:
    return {"inventoryAdjustmentGroup": None, "userErrors": [{"field": where, "message": text, "code": code}]}


@contextmanager
def shopify() -> Iterator[Shopify]:
    """A shop that answers until the end of the block."""
    shop = Shopify()

    def application(environ: Any, start_response: Any) -> Any:
        try:
            status, body = shop.answer(Request(environ))
        except NoAnswerError:
            environ["werkzeug.socket"].shutdown(2)
            raise ConnectionAbortedError from None
        return Response(json.dumps(body), status, content_type="application/json")(environ, start_response)

    with serving(application) as url:
        shop.url = url
        yield shop
