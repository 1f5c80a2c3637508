"""A Shopify Admin GraphQL API on 127.0.0.1: it answers the documents that we send as the recordings do, and is strict.

It pays each call from a bucket of points and answers THROTTLED as HTTP 200 when that is empty (`violations` counts
them); stock is changed only with `@idempotent(key:)` and `changeFromQuantity`, and a key that comes again gets its
first answer. A document is known by the root field that it asks for.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.standins.shopify_lists import AT, Lists, changed, paged
from tests.standins.shopify_parcels import Parcels
from tests.standins.woocommerce import NoAnswerError, serving

TOKEN = "shpat_standin"
LOCATION = "gid://shopify/Location/1"
Node = dict[str, Any]
PAGE = 100
"""Of variants."""


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
    made: Callable[[], bool] = lambda: False
    """Called after each change; whether nobody is to get the answer."""
    parcels: Parcels = field(default_factory=Parcels)
    lose_answers: int = 0
    at: float = field(default_factory=time.monotonic)
    ids: Iterator[int] = field(default_factory=lambda: count(10_220_854_182_194))
    lock: threading.RLock = field(default_factory=threading.RLock)

    def changes(self) -> list[str]:
        """What was to change something, oldest first."""
        asked = ("productSet", "productDelete", "productVariantsBulk", "inventorySet", "fulfillmentC", "fulfillmentT")
        return [root for root, _ in self.calls if root.startswith(asked)]

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
        changes = given["query"].lstrip().startswith("mutation")
        if changes and self.made():
            raise NoAnswerError
        if self.lose_answers and changes:
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
        ask = getattr(self.parcels, f"answer_{root}", None) or getattr(self, f"_{root}")
        answer = ask(variables)
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
        found = self.products.get(variables["id"])
        if found is None:
            return None
        rows, begin = found["variants"]["nodes"], int(variables.get("after") or 0)
        info = {"hasNextPage": begin + PAGE < len(rows), "endCursor": str(begin + PAGE)}
        return found | {"variants": {"nodes": rows[begin : begin + PAGE], "pageInfo": info}}

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
        """What is left out stays; lists that are given are all that there is."""
        given, identifier = variables["input"], variables.get("identifier")
        product = self.products[identifier["id"]] if identifier else self._fresh()
        for name in ("title", "handle", "descriptionHtml", "status", "vendor"):
            if name in given:
                product[name] = given[name]
        if "files" in given:
            product["images"] = {"nodes": [self._picture(one) for one in given["files"]]}
        if "variants" in given:
            if len(given["variants"]) > PAGE or "productOptions" not in given:
                return {"product": None, "userErrors": [_wrong("variants", "Too many, or without options.")]}
            before = {one["id"]: one for one in product["variants"]["nodes"]}
            names = [(one["name"], [value["name"] for value in one["values"]]) for one in given["productOptions"]]
            product["options"] = [{"name": name, "values": values} for name, values in names]
            product["variants"] = {"nodes": [self._variant(one, before) for one in given["variants"]]}
        product["updatedAt"] = _moment()
        self.products[product["id"]] = product
        return {"product": product, "userErrors": []}

    def _fresh(self) -> Node:
        return {
            "id": f"gid://shopify/Product/{next(self.ids)}",
            "vendor": "Shop",
            "images": {"nodes": []},
            "options": [{"name": "Title", "values": ["Default Title"]}],
            "variants": {"nodes": []},
        }

    def _picture(self, given: Node) -> Node:
        """A copy under an address of its own."""
        number, name = next(self.ids), given["originalSource"].rpartition("/")[2]
        url = f"https://cdn.shopify.example/s/files/1/{name}?v={number}"
        return {"id": f"gid://shopify/ProductImage/{number}", "url": url, "altText": given["alt"] or None}

    def _productVariantsBulkCreate(self, variables: Node) -> Node:  # noqa: N802
        product = self.products[variables["productId"]]
        names = {one["name"] for one in product["options"]}
        for place, one in enumerate(variables["variants"]):
            if {option["optionName"] for option in one["optionValues"]} != names:
                return {"productVariants": None, "userErrors": [_wrong(f"variants.{place}", "Option does not exist.")]}
        return self._bulk(product, variables["variants"])

    def _productVariantsBulkUpdate(self, variables: Node) -> Node:  # noqa: N802
        product = self.products[variables["productId"]]
        there = {one["id"] for one in product["variants"]["nodes"]}
        if missing := [one for one in variables["variants"] if one["id"] not in there]:
            where = f"variants.{variables['variants'].index(missing[0])}.id"
            return {"productVariants": None, "userErrors": [_wrong(where, "Product variant does not exist")]}
        return self._bulk(product, variables["variants"])

    def _bulk(self, product: Node, given: list[Node]) -> Node:
        if len(given) > 250:
            return {"productVariants": None, "userErrors": [_wrong("variants", "The input array size is too large.")]}
        nodes = product["variants"]["nodes"]
        before = {one["id"]: one for one in nodes}
        made = [self._variant(one, before) for one in given]
        nodes += [one for one in made if one["id"] not in before]
        product["updatedAt"] = _moment()
        return {"productVariants": [{"id": one["id"]} for one in made], "userErrors": []}

    def _productVariantsBulkDelete(self, variables: Node) -> Node:  # noqa: N802
        product, gone = self.products[variables["productId"]], set(variables["variantsIds"])
        product["variants"]["nodes"] = [one for one in product["variants"]["nodes"] if one["id"] not in gone]
        product["updatedAt"] = _moment()
        return {"product": {"id": product["id"]}, "userErrors": []}

    def _variant(self, given: Node, before: dict[str, Node]) -> Node:
        variant = before.get(given.get("id", "")) or {
            "id": f"gid://shopify/ProductVariant/{next(self.ids)}",
            **{"price": "0.00", "compareAtPrice": None, "barcode": None, "taxable": True},
            "inventoryQuantity": sum(one["quantity"] for one in given.get("inventoryQuantities", [])),
            "inventoryItem": {"id": f"gid://shopify/InventoryItem/{next(self.ids)}", "tracked": False},
        }
        for name in ("price", "compareAtPrice"):
            if name in given:
                assert given[name] is None or isinstance(given[name], str)
                # As Shopify writes amounts.
                variant[name] = f"{float(given[name]):.2f}" if given[name] is not None else None
        variant |= {name: given[name] or None for name in ("barcode",) if name in given}
        variant |= {name: given[name] for name in ("taxable",) if name in given}
        item = given.get("inventoryItem", {})
        variant["sku"] = item.get("sku", variant.get("sku", ""))
        variant["inventoryItem"] |= {name: item[name] for name in ("tracked", "measurement") if name in item}
        if "optionValues" in given:
            variant["selectedOptions"] = [{"name": o["optionName"], "value": o["name"]} for o in given["optionValues"]]
        variant["updatedAt"] = _moment()
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


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _wrong(where: str, text: str) -> Node:
    return {"field": where.split("."), "message": text, "code": "INVALID"}


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
