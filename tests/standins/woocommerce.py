"""A WooCommerce shop on 127.0.0.1 that behaves as the recordings of a real one do, error bodies included.

It checks OAuth1 signatures, keeps products with variations, categories, orders, customers, coupons and webhooks, and
notes a delivery for each change as WooCommerce would send it: edits of one second coalesce, ids collide, and nothing
tells of a force delete. It can be told to be down, to be slow, or to lose the answer after it has done the work.
"""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

ROOT = "/wp-json/wc/v3/"
AHEAD = 2
"""Seconds by which answers are dated later than they are, so that no test need wait until a second is over."""
HOME = "<!doctype html><title>A shop</title>"
KEY, SECRET = "ck_standin", "cs_standin"
TIMED = ("products", "products/categories", "orders", "customers", "coupons")
Entity = dict[str, Any]
_NAMES = {"products": "product", "orders": "shop_order", "coupons": "shop_coupon"}


class RefusalError(Exception):
    """An answer that is no success, with WooCommerce's words."""

    def __init__(self, code: str, message: str, status: int = 400, **data: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


class NoAnswerError(Exception):
    """The connection is closed without a word."""


@dataclass(frozen=True)
class Delivery:
    """A webhook delivery: what a POST to `url` would hold."""

    url: str
    topic: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Faults:
    """What goes wrong next."""

    down: bool = False
    slow: float = 0.0
    lose_answers: int = 0
    """So many changes are made whose answer nobody gets."""
    unwell: int = 0
    """So many calls are answered 503, with their nonce kept."""
    busy: int = 0
    """So many calls are answered 429."""
    retry_after: int = 7
    a_second: int = 0
    """How many calls it answers within a second, if it counts them; the others are answered 429."""


@dataclass
class WooCommerce:
    """A shop's state. `calls` are those that were understood: method, path, query, JSON."""

    url: str = ""
    entities: dict[str, dict[int, Entity]] = field(default_factory=lambda: {kind: {} for kind in (*TIMED, "webhooks")})
    fetched: list[str] = field(default_factory=list)
    """The pictures that it has taken copies of."""
    notes: dict[int, list[Entity]] = field(default_factory=dict)
    """Of orders, by the order's id, newest first."""
    calls: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Paths that were asked for while it was down."""
    faults: Faults = field(default_factory=Faults)
    pending: dict[tuple[str, int], str] = field(default_factory=dict)
    """Topic and id of what changed since the deliveries were taken; a further edit changes nothing here."""
    ids: Iterator[int] = field(default_factory=lambda: count(10))
    lock: threading.RLock = field(default_factory=threading.RLock)
    key: str = KEY
    secret: str = SECRET
    made: Callable[[], bool] = lambda: False
    """Called after each change; whether nobody is to get the answer."""
    permalinks: str = "pretty"
    """Or `plain`: there is no `/wp-json`, and the API is `rest_route` of `index.php`. Or `none`: not even that."""
    unreadable: set[int] = field(default_factory=set)
    """Ids that a list counts and does not show: the keys may not read them."""
    not_found: int = 404
    """What the web server answers with a page where nothing is: 404, or 200 with the home page."""

    seconds: Counter[int] = field(default_factory=Counter)
    """How many calls were answered in each second."""
    throttled: int = 0
    nonces: set[str] = field(default_factory=set)
    typed: bool = False
    """Whether texts are given as they were typed: in the answers to changes. Others have them as they are shown."""
    unreachable_pictures: bool = False

    @property
    def products(self) -> dict[int, Entity]:
        """Products and variations by id."""
        return self.entities["products"]

    def writes(self) -> list[tuple[str, str, dict[str, str], Any]]:
        """The calls that were to change something."""
        return [call for call in self.calls if call[0] != "GET"]

    def add(self, kind: str, **given: Any) -> Entity:
        """What somebody enters in the shop's own pages."""
        with self.lock:
            return self._create(kind, given)

    def edit(self, kind: str, number: int, **given: Any) -> Entity:
        """What somebody changes in the shop's own pages."""
        with self.lock:
            return self._update(kind, number, given)

    def force_delete(self, kind: str, number: int) -> None:
        """Gone at once, and no webhook tells of it."""
        with self.lock:
            del self.entities[kind][number]

    def trash(self, kind: str, number: int) -> None:
        """Somebody puts it in the trash."""
        with self.lock:
            self._delete(kind, number, force=False)

    def restore(self, kind: str, number: int) -> None:
        """Somebody takes it out of the trash."""
        with self.lock:
            row = self.entities[kind][number]
            row["status"], row["date_modified_gmt"] = row.pop("status_before"), _moment()
            self._note(kind, row, "restored")

    def lose(self) -> None:
        """What is to be sent comes to nobody: WooCommerce does not send it again."""
        with self.lock:
            self.pending = {}

    def deliveries(self) -> list[Delivery]:
        """What is to be sent since the last time, each with the state of now."""
        with self.lock:
            waiting, self.pending = self.pending, {}
            found = [
                (webhook, topic, number)
                for (topic, number) in waiting
                for webhook in self.entities["webhooks"].values()
                if webhook["topic"] == topic and webhook["status"] == "active"
            ]
            self.typed = False
            return [self._delivery(*one) for one in found]

    def _delivery(self, webhook: Entity, topic: str, number: int) -> Delivery:
        kind = {"product": "products", "order": "orders", "customer": "customers", "coupon": "coupons"}
        resource, event = topic.split(".")
        gone = event == "deleted"
        body = json.dumps(
            {"id": number} if gone else self._shown(kind[resource], self.entities[kind[resource]][number])
        )
        signed = hmac.new(str(webhook["secret"]).encode(), body.encode(), hashlib.sha256).digest()
        # One id for all deliveries of a webhook in a second.
        delivery = hashlib.md5(f"{webhook['id']}{int(time.time())}".encode()).hexdigest()  # noqa: S324
        headers = {
            "content-type": "application/json",
            "x-wc-webhook-source": self.url + "/",
            "x-wc-webhook-topic": topic,
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-signature": base64.b64encode(signed).decode(),
            "x-wc-webhook-id": str(webhook["id"]),
            "x-wc-webhook-delivery-id": delivery,
        }
        return Delivery(webhook["delivery_url"], topic, headers, body.encode())

    def answer(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        """The answer to a call: status, JSON, headers."""
        if self.faults.slow:
            time.sleep(self.faults.slow)
        if self.faults.unwell:
            self.faults.unwell -= 1
            self._authorise(request)
            return 503, "<html>", {}
        if self.faults.down:
            self.refused.append(request.path)
            raise NoAnswerError
        if self.faults.busy:
            self.faults.busy -= 1
            return 429, {"code": "too_many_requests"}, {"Retry-After": str(self.faults.retry_after)}
        with self.lock:
            second = int(time.time())
            if self.faults.a_second and self.seconds[second] >= self.faults.a_second:
                self.throttled += 1
                return 429, {"code": "too_many_requests"}, {"Retry-After": "1"}
            self.seconds[second] += 1
        query = {name: value for name, value in request.args.items() if not name.startswith("oauth_")}
        path = self._path(request, query)
        if path is None:
            return self.not_found, HOME, {}
        with self.lock:
            try:
                self._authorise(request)
                body = json.loads(request.get_data()) if request.get_data() else None
                self.calls.append((request.method, path, query, body))
                status, answer, headers = self._routed(request.method, path, query, body)
            except RefusalError as refusal:
                return refusal.status, refusal.body, {}
            # As it is now, since the state goes on.
            answer = json.loads(json.dumps(answer))
        if request.method != "GET" and self.made():
            raise NoAnswerError
        if request.method != "GET" and self.faults.lose_answers:
            self.faults.lose_answers -= 1
            raise NoAnswerError
        return status, answer, headers

    def _path(self, request: Request, query: dict[str, str]) -> str | None:
        """What of the API is asked for, or None where there is only a page."""
        route = query.pop("rest_route", "")
        query.pop("_", None)
        if request.path.startswith(ROOT):
            return request.path.removeprefix(ROOT).strip("/") if self.permalinks == "pretty" else None
        if request.path in ("/", "/index.php") and self.permalinks != "none" and route.startswith("/wc/v3/"):
            return route.removeprefix("/wc/v3/").strip("/")
        return None

    def _authorise(self, request: Request) -> None:
        given = request.args
        if "wp-json/wc/" not in str(request.environ.get("REQUEST_URI")):
            # Up to 11.0 no key is looked at then.
            raise RefusalError("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)
        if given.get("oauth_consumer_key") != self.key:
            raise RefusalError("woocommerce_rest_authentication_error", "Consumer key is invalid.", 401)
        pairs = parse_qsl(request.query_string.decode(), keep_blank_values=True)
        parameters = sorted((_encoded(name), _encoded(value)) for name, value in pairs if name != "oauth_signature")
        joined = quote("&".join(f"{name}={value}" for name, value in parameters), safe="~")
        if given.get("oauth_nonce", "") in self.nonces:
            raise RefusalError(
                "woocommerce_rest_authentication_error", "Invalid nonce - nonce has already been used.", 401
            )
        self.nonces.add(given.get("oauth_nonce", ""))
        base = f"{request.method}&{quote(self.url + request.path.removesuffix('/'), safe='~')}&{joined}"
        expected = hmac.new(f"{self.secret}&".encode(), base.encode(), hashlib.sha1).digest()
        if base64.b64encode(expected).decode() != given.get("oauth_signature"):
            raise RefusalError("woocommerce_rest_authentication_error", "Invalid signature - does not match.", 401)

    def _routed(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any, dict[str, str]]:
        parts = path.split("/")
        if path.startswith("settings/"):
            return 200, _settings(path), {}
        if parts[0] == "products" and len(parts) >= 3 and parts[2] == "variations":
            return self._variations(method, int(parts[1]), parts[3:], query, body)
        if parts[0] == "orders" and parts[2:] == ["notes"]:
            return self._order_notes(method, int(parts[1]), body)
        kind = "products/categories" if path.startswith("products/categories") else parts[0]
        rest = path.removeprefix(kind).strip("/").split("/")
        if kind not in self.entities:
            raise RefusalError("rest_no_route", "No route was found matching the URL and request method.", 404)
        rows = [row for row in self.entities[kind].values() if row.get("type") != "variation" or query.get("sku")]
        return self._resource(method, kind, rest[0], query, body, rows)

    def _variations(
        self, method: str, parent: int, rest: list[str], query: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        self._found("products", parent)
        rows = [row for row in self.products.values() if row["parent_id"] == parent]
        extra = {"parent_id": parent, "type": "variation"}
        return self._resource(method, "products", rest[0] if rest else "", query, body, rows, extra)

    def _order_notes(self, method: str, order: int, body: Any) -> tuple[int, Any, dict[str, str]]:
        """They are no part of their order: none of its times or deliveries change."""
        self._found("orders", order)
        if method == "GET":
            return 200, self.notes.get(order, []), {}
        # As WordPress keeps it.
        note = {
            "id": next(self.ids),
            "note": body["note"].replace("&", "&amp;"),
            "customer_note": body["customer_note"],
        }
        self.notes.setdefault(order, []).insert(0, note)
        return 201, note, {}

    def _resource(  # noqa: PLR0917 - what a request is made of
        self,
        method: str,
        kind: str,
        rest: str,
        query: dict[str, str],
        body: Any,
        rows: list[Entity],
        extra: Entity | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        self.typed = method != "GET"
        if rest == "batch":
            return 200, self._batch(kind, body, extra or {}), {}
        if not rest and method == "GET":
            found, headers = _page([row for row in rows if _matches(kind, row, query)], query)
            shown = [row for row in found if row["id"] not in self.unreadable]
            return 200, [self._shown(kind, row, query) for row in shown], headers
        if not rest:
            return 201, self._create(kind, {**body, **(extra or {})}), {}
        if method == "GET":
            if int(rest) in self.unreadable:
                raise RefusalError("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.", 403)
            return 200, self._shown(kind, self._found(kind, int(rest)), query), {}
        if method == "DELETE":
            return 200, self._delete(kind, int(rest), force=query.get("force") == "true"), {}
        return 200, self._update(kind, int(rest), body), {}

    def _batch(self, kind: str, body: Any, extra: Entity) -> Entity:
        if sum(len(body.get(what, [])) for what in ("create", "update", "delete")) > 100:
            raise RefusalError(
                "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items.", 413
            )
        done: Entity = {}
        for one in body.get("create", []):
            done.setdefault("create", []).append(_or_error(0, lambda one=one: self._create(kind, {**one, **extra})))
        for one in body.get("update", []):
            made = _or_error(one["id"], lambda one=one: self._update(kind, one["id"], one))
            done.setdefault("update", []).append(made)
        for number in body.get("delete", []):
            made = _or_error(number, lambda number=number: self._delete(kind, number, force=True))
            done.setdefault("delete", []).append(made)
        return done

    def _create(self, kind: str, given: Entity) -> Entity:
        self._check(kind, given, None)
        number, moment = next(self.ids), _moment()
        row: Entity = {"id": number, "date_created_gmt": moment, "date_modified_gmt": moment, "meta_data": []}
        if kind == "products":
            row |= _product(given)
        elif kind == "products/categories":
            row = {"id": number, "slug": _slug(given["name"]), "parent": 0, "description": "", "image": None}
        elif kind == "webhooks":
            row |= {"status": "active"}
        elif kind == "coupons":
            row |= _coupon()
        self.entities[kind][number] = row
        self._apply(kind, row, given)
        self._note(kind, row, "created")
        return self._shown(kind, row)

    def _update(self, kind: str, number: int, given: Entity) -> Entity:
        if number not in self.entities[kind]:
            # To a change it says so with another status.
            raise RefusalError(f"woocommerce_rest_{_NAMES.get(kind, kind)}_invalid_id", "Invalid ID.", 400)
        row = self._found(kind, number)
        self._check(kind, given, number)
        self._apply(kind, row, given)
        if kind != "coupons" or {"code", "description", "status", "date_created_gmt"} & set(given):
            # The time of a coupon does not move with its amount or limits.
            row["date_modified_gmt"] = _moment()
        self._note(kind, row, "updated")
        return self._shown(kind, row)

    def _delete(self, kind: str, number: int, *, force: bool) -> Entity:
        row = self._found(kind, number)
        if force:
            for child in [one for one in self.products.values() if one.get("parent_id") == number]:
                del self.products[child["id"]]
            del self.entities[kind][number]
        else:
            row["status_before"], row["status"] = row.get("status"), "trash"
            row["date_modified_gmt"] = _moment()
            self._note(kind, row, "deleted")
        return self._shown(kind, row)

    def _found(self, kind: str, number: int) -> Entity:
        if number not in self.entities[kind]:
            raise RefusalError(f"woocommerce_rest_{_NAMES.get(kind, kind)}_invalid_id", "Invalid ID.", 404)
        return self.entities[kind][number]

    def _check(self, kind: str, given: Entity, number: int | None) -> None:
        for name in ("regular_price", "sale_price"):
            if name in given and not isinstance(given[name], str):
                raise _invalid(name, f"{name} is not of type string.", "rest_invalid_type")
        if kind == "products" and given.get("sku"):
            for row in self.products.values():
                if row["id"] != number and row["sku"] == given["sku"]:
                    more = {"resource_id": row["id"], "unique_sku": f"{given['sku']}-1"}
                    raise RefusalError("product_invalid_sku", "Invalid or duplicated SKU.", 400, **more)
        if kind == "products/categories" and number is None:
            for row in self.entities[kind].values():
                if row["name"] == given.get("name") and row["parent"] == given.get("parent", 0):
                    text = "A term with the name provided already exists with this parent."
                    raise RefusalError("term_exists", text, 400, resource_id=row["id"])
        if kind == "orders" and given.get("status") == "banana":
            raise _invalid("status", "status is not one of ...", "rest_not_in_enum")
        if kind == "coupons" and number is None:
            for row in self.entities[kind].values():
                if row["code"] == str(given["code"]).lower():
                    raise RefusalError("woocommerce_rest_coupon_code_already_exists", "The coupon code already exists")

    def _apply(self, kind: str, row: Entity, given: Entity) -> None:
        given = dict(given)
        if "meta_data" in given:
            known = {entry["key"]: entry for entry in row["meta_data"]}
            for entry in given.pop("meta_data"):
                known[entry["key"]] = {"id": next(self.ids), **entry}
            row["meta_data"] = list(known.values())
        if "images" in given:
            given["images"] = [self._picture(row, image) for image in given["images"]]
        if "categories" in given:
            shelves = self.entities["products/categories"]
            given["categories"] = [
                {key: shelves[one["id"]][key] for key in ("id", "name", "slug")} for one in given["categories"]
            ]
        if "attributes" in given and row.get("type", given.get("type")) == "variation":
            given["attributes"] = [
                self._option(given.get("parent_id", row.get("parent_id")), one) for one in given["attributes"]
            ]
        elif "attributes" in given:
            given["attributes"] = [{"id": 0, "slug": _slug(one.get("name", "")), **one} for one in given["attributes"]]
        row |= {name: value for name, value in given.items() if name != "id"}
        if kind == "products":
            row["price"] = row["sale_price"] or row["regular_price"]
            row["on_sale"] = bool(row["sale_price"])
            if not row["manage_stock"]:
                row["stock_quantity"] = None
        if kind == "coupons":
            row["code"] = str(row["code"]).lower()

    def _option(self, parent: Any, given: Entity) -> Entity:
        """An option of a variation, of an attribute of its product: a shared one is known by its id alone."""
        attributes = self.products[parent]["attributes"] if parent in self.products else []
        for one in attributes:
            if given.get("id") == one["id"] != 0 or (one["id"] == 0 and given.get("name") == one["name"]):
                return {"id": one["id"], "name": one["name"], "slug": one["slug"], "option": given["option"]}
        return {"id": 0, "slug": _slug(given.get("name", "")), **given}

    def _picture(self, row: Entity, given: Entity) -> Entity:
        """One that it has already, or a copy of one that it fetches, under an address of its own."""
        for one in row.get("images") or []:
            if given.get("id") == one["id"]:
                return {**one, **given}
        if self.unreachable_pictures:
            raise RefusalError("woocommerce_product_image_upload_error", "Error getting remote image.")
        stem, _, ending = given["src"].rpartition("/")[2].partition(".")
        self.fetched.append(given["src"])
        taken = len([src for src in self.fetched if src.rpartition("/")[2] == f"{stem}.{ending}"])
        name = f"{stem}-{taken - 1}" if taken > 1 else stem
        src = f"{self.url}/wp-content/uploads/2026/11/{name}.{ending}"
        return {"id": next(self.ids), "src": src, "name": name, "alt": given.get("alt", "")}

    def _note(self, kind: str, row: Entity, event: str) -> None:
        names = {"products": "product", "orders": "order", "customers": "customer", "coupons": "coupon"}
        if kind in names:
            self.pending[f"{names[kind]}.{event}", row["id"]] = event

    def _shown(self, kind: str, row: Entity, query: dict[str, str] | None = None) -> Entity:
        shown = {name: value for name, value in row.items() if name not in ("secret", "status_before")}
        if kind == "products":
            shown["variations"] = [one["id"] for one in self.products.values() if one["parent_id"] == row["id"]]
            if not self.typed:
                shown |= self._as_shown(row)
        if fields := (query or {}).get("_fields"):
            shown = {name: shown[name] for name in fields.split(",") if name in shown}
        return shown

    def _as_shown(self, row: Entity) -> Entity:
        """Texts in paragraphs; a variation has of its product what it has not itself."""
        texts = {name: row[name] for name in ("description", "short_description") if row[name]}
        shown = {name: text if text.startswith("<p>") else f"<p>{text}</p>\n" for name, text in texts.items()}
        parent = self.products.get(row["parent_id"])
        if parent is not None and not row["sku"]:
            shown["sku"] = parent["sku"]
        if parent is not None and not row["manage_stock"] and parent["manage_stock"]:
            shown |= {"manage_stock": "parent", "stock_quantity": parent["stock_quantity"]}
        return shown


@contextmanager
def woocommerce() -> Iterator[WooCommerce]:
    """A shop that answers until the end of the block."""
    shop = WooCommerce()

    def application(environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        try:
            status, body, headers = shop.answer(request)
        except NoAnswerError:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError from None
        content_type = "text/html" if isinstance(body, str) else "application/json; charset=UTF-8"
        text = body if isinstance(body, str) else json.dumps(body)
        response = Response(text, status, headers, content_type=content_type)
        return response(environ, start_response)

    with serving(application) as url:
        shop.url = url
        yield shop


@contextmanager
def serving(application: Any) -> Iterator[str]:
    """A WSGI application on a free port of 127.0.0.1. Gives its address."""
    server: BaseWSGIServer = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + AHEAD)

    def log(self, *_: Any, **__: Any) -> None:
        """The tests' output is theirs."""


def _product(given: Entity) -> Entity:
    named = given.get("name") or ""
    return {
        "name": named,
        "slug": _slug(named),
        "type": given.get("type", "simple"),
        "status": "publish",
        "description": "",
        "short_description": "",
        "sku": "",
        "price": "",
        "regular_price": "",
        "sale_price": "",
        "on_sale": False,
        "tax_status": "taxable",
        "manage_stock": False,
        "stock_quantity": None,
        "stock_status": "instock",
        "weight": "",
        "dimensions": {"length": "", "width": "", "height": ""},
        "parent_id": 0,
        "categories": [],
        "tags": [],
        "brands": [],
        "images": [],
        "attributes": [],
        "variations": [],
        "menu_order": 0,
        "global_unique_id": "",
    }


def _coupon() -> Entity:
    return {
        "amount": "0.00",
        "status": "publish",
        "discount_type": "fixed_cart",
        "description": "",
        "date_expires_gmt": None,
        "usage_count": 0,
        "individual_use": False,
        "product_ids": [],
        "excluded_product_ids": [],
        "usage_limit": None,
        "usage_limit_per_user": None,
        "free_shipping": False,
        "product_categories": [],
        "minimum_amount": "0.00",
        "maximum_amount": "0.00",
        "email_restrictions": [],
    }


def _settings(path: str) -> list[Entity]:
    if path == "settings/products":
        return [
            {"id": "woocommerce_weight_unit", "value": "g"},
            {"id": "woocommerce_dimension_unit", "value": "mm"},
        ]
    if path == "settings/tax":
        return [{"id": "woocommerce_prices_include_tax", "value": "no"}]
    return [{"id": "woocommerce_currency", "value": "USD"}, {"id": "woocommerce_default_country", "value": "BD:BD-13"}]


def _matches(kind: str, row: Entity, query: dict[str, str]) -> bool:
    if "sku" in query and row["sku"] not in query["sku"].split(","):
        return False
    if kind == "coupons" and row["status"] not in ("publish", "private"):
        # Its list takes no status.
        return False
    if kind in ("products", "orders") and (row.get("status") == "trash") != (query.get("status") == "trash"):
        return False
    if "include" in query and str(row["id"]) not in query["include"].split(","):
        return False
    for name in ("slug", "email", "code"):
        if name in query and str(row[name]).lower() != query[name].lower():
            return False
    after = query.get("modified_after")
    return after is None or row["date_modified_gmt"] > after.removesuffix("Z").split("+")[0]


def _page(rows: list[Entity], query: dict[str, str]) -> tuple[list[Entity], dict[str, str]]:
    size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
    if not 1 <= size <= 100:
        text = "per_page must be between 1 (inclusive) and 100 (inclusive)"
        raise _invalid("per_page", text, "rest_out_of_bounds")
    keys = {"id": "id", "modified": "date_modified_gmt", "date": "date_created_gmt"}
    order = keys.get(query.get("orderby", "date"), "id")
    rows = sorted(rows, key=lambda row: (row.get(order) or "", row["id"]), reverse=query.get("order", "desc") == "desc")
    pages = -(-len(rows) // size)
    begin = int(query.get("offset", (page - 1) * size))
    return rows[begin : begin + size], {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)}


def _or_error(number: int, make: Any) -> Entity:
    try:
        made: Entity = make()
    except RefusalError as refusal:
        return {"id": number, "error": refusal.body}
    return made


def _invalid(name: str, text: str, code: str) -> RefusalError:
    details = {name: {"code": code, "message": text, "data": None}}
    return RefusalError(
        "rest_invalid_param", f"Invalid parameter(s): {name}", 400, params={name: text}, details=details
    )


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="~")


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _slug(name: str) -> str:
    return "-".join(name.lower().split())
