"""Parcels told to the Shopify shop that their order was placed in: each becomes a fulfilment of its lines and units.

Shopify has no key that tells one parcel from another. So the fulfilments that are there are kept before the first is
asked for, and after a lost answer a new one with the same lines is it. Units that lie in several places become a
fulfilment for each of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from functions.sync.outbound.outgoing import OurParcel
from functions.sync.outbound.written import Intended, Written
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, number_of, query

_ORDER = """query($id: ID!) {
  order(id: $id) {
    cancelledAt
    fulfillments(first: 100) { id status trackingInfo(first: 10) { number } }
    fulfillmentOrders(first: 50) { nodes { id status assignedLocation { location { id } } } }
  }
}"""
_OPEN = """query($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 100, after: $after) {
      nodes { id remainingQuantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
_DONE = """query($id: ID!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 100, after: $after) {
      nodes { quantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
_FULFIL = """mutation($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}"""
_TRACK = """mutation($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify) {
    fulfillment { id }
    userErrors { field message }
  }
}"""
_CANCEL = """mutation($id: ID!) {
  fulfillmentCancel(id: $id) { fulfillment { id status } userErrors { field message } }
}"""
_OPEN_STATUSES = ("OPEN", "IN_PROGRESS")
Node = dict[str, Any]
Units = dict[str, int]


@dataclass(frozen=True, slots=True)
class _Share:
    """Units of one line that wait in one fulfilment order, at one place."""

    place: str
    order: str
    item: str
    line: str
    units: int


def write_parcel(credentials: Credentials, settings: Node, ours: OurParcel, intended: Intended) -> Written:
    """Fulfil what a parcel holds, once; tell how it is tracked; cancel it when it has come back.

    Raises RefusedError `nothing_to_fulfil` when its units are not open there.
    """
    found = query(credentials, _ORDER, {"id": gid("Order", ours.order.external_id)})["order"]
    if found is None:
        raise RefusedError("gone_there", "The other shop has no such order any more.")
    known, left = list(ours.fulfillments), dict(ours.lines)
    if not known:
        known = _made_before(credentials, found, ours, left)
    notify = settings.get("notify_customers") is not False
    if ours.is_back:
        _cancel(credentials, found, known)
    elif ours.fulfillments:
        _track(credentials, ours, notify=notify)
    else:
        known += _fulfil(credentials, found, ours, left, intended, notify=notify)
    return Written(fulfillments=tuple(known))


def _made_before(credentials: Credentials, found: Node, ours: OurParcel, left: Units) -> list[str]:
    """What a try before this one has made, if its answer was lost; takes its units from what is left."""
    made = []
    for one in found["fulfillments"] if ours.seen is not None else ():
        number = number_of(one["id"])
        if number in ours.taken or number in (ours.seen or ()) or one["status"] == "CANCELLED":
            continue
        if ours.tracking_number and ours.tracking_number not in [info["number"] for info in one["trackingInfo"]]:
            continue
        units = {number_of(row["lineItem"]["id"]): row["quantity"] for row in _rows(credentials, _DONE, one["id"])}
        if all(left.get(line, 0) >= count for line, count in units.items()):
            made.append(number)
            left.update({line: left[line] - count for line, count in units.items()})
    return made


def _fulfil(  # noqa: PLR0913 - a parcel, what is left of it, and how to tell of it
    credentials: Credentials, found: Node, ours: OurParcel, left: Units, intended: Intended, *, notify: bool
) -> list[str]:
    left = {line: count for line, count in left.items() if count}
    if not left and ours.is_whole:
        return []
    if found["cancelledAt"]:
        raise RefusedError("order_canceled", "The order was cancelled in the other shop.")
    shares = list(_shares(credentials, found, left))
    if not ours.is_whole or any(left.values()):
        raise RefusedError("nothing_to_fulfil", "What the parcel holds is not open in the other shop any more.")
    if ours.seen is None:
        intended([number_of(one["id"]) for one in found["fulfillments"]])
    return [
        _create(credentials, ours, [one for one in shares if one.place == place], notify=notify)
        for place in dict.fromkeys(one.place for one in shares)
    ]


def _shares(credentials: Credentials, found: Node, left: Units) -> Iterator[_Share]:
    """Where what is left is open, taken from what is left."""
    for order in found["fulfillmentOrders"]["nodes"]:
        if order["status"] not in _OPEN_STATUSES:
            continue
        place = str(((order.get("assignedLocation") or {}).get("location") or {}).get("id"))
        for row in _rows(credentials, _OPEN, order["id"]):
            line = number_of(row["lineItem"]["id"])
            if units := min(left.get(line, 0), row["remainingQuantity"]):
                left[line] -= units
                yield _Share(place, order["id"], row["id"], line, units)


def _create(credentials: Credentials, ours: OurParcel, shares: list[_Share], *, notify: bool) -> str:
    lines = [
        {
            "fulfillmentOrderId": order,
            "fulfillmentOrderLineItems": [
                {"id": one.item, "quantity": one.units} for one in shares if one.order == order
            ],
        }
        for order in dict.fromkeys(one.order for one in shares)
    ]
    given = {"lineItemsByFulfillmentOrder": lines, "trackingInfo": _tracking(ours), "notifyCustomer": notify}
    made = query(credentials, _FULFIL, {"fulfillment": given})["fulfillmentCreate"]["fulfillment"]
    return number_of(made["id"])


def _track(credentials: Credentials, ours: OurParcel, *, notify: bool) -> None:
    for one in ours.fulfillments:
        given = {"id": gid("Fulfillment", one), "tracking": _tracking(ours), "notify": notify}
        query(credentials, _TRACK, given)


def _cancel(credentials: Credentials, found: Node, known: list[str]) -> None:
    """Its units are open again there too."""
    gone = {number_of(one["id"]) for one in found["fulfillments"] if one["status"] == "CANCELLED"}
    for one in known:
        if one not in gone:
            query(credentials, _CANCEL, {"id": gid("Fulfillment", one)})


def _tracking(ours: OurParcel) -> Node:
    told = {"number": ours.tracking_number, "url": ours.tracking_url, "company": ours.carrier}
    return {name: value for name, value in told.items() if value}


def _rows(credentials: Credentials, document: str, identifier: str) -> Iterator[Node]:
    """All the lines of a fulfilment, or of a fulfilment order, page after page."""
    after = None
    while True:
        found = query(credentials, document, {"id": identifier, "after": after})
        (whole,) = found.values()
        (page,) = (whole or {"none": {"nodes": [], "pageInfo": {"hasNextPage": False}}}).values()
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
