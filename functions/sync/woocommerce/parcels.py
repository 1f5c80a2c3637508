"""How far an order has come, told to the WooCommerce shop that it was placed in."""

from html import unescape

from functions.sync.outbound.outgoing import OurOrder, OurParcel
from functions.sync.outbound.written import Intended, Written
from functions.sync.woocommerce.changing import Body, changed, meta_of, there
from shared.models.enums import OrderStatus
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import call

_OVER = ("completed", "pending", "on-hold", "cancelled", "refunded", "failed", "trash")
"""Such an order is not completed: it is, or was never paid, or is not to be sent."""


def write_parcel(credentials: Credentials, settings: Body, ours: OurParcel, _intended: Intended) -> Written:
    """Note a parcel on an order, once: WooCommerce knows no parcels. The note is found again by its words."""
    path, text = f"orders/{ours.order.external_id}", _words(ours)
    key = f"_stormcom_parcel_{ours.id}"
    if (key, text) not in meta_of(there(credentials, path)):
        notes = call(credentials, "GET", f"{path}/notes").body
        if not any(unescape(str(note.get("note"))) == text for note in notes if isinstance(note, dict)):
            tells = not ours.is_back and settings.get("notify_customers") is not False
            call(credentials, "POST", f"{path}/notes", json={"note": text, "customer_note": tells})
        changed(credentials, path, {"meta_data": [{"key": key, "value": text}]})
    return Written(fulfillments=(ours.id,))


def _words(ours: OurParcel) -> str:
    if ours.is_back:
        return f"Parcel {ours.number} has come back."
    held = ", ".join(f"{units} × {name}" for name, units in ours.names)  # noqa: RUF001 - read by people
    tracking = " ".join(part for part in (ours.carrier, ours.tracking_number, ours.tracking_url) if part)
    return f"Parcel {ours.number}: {held}." + (f" {tracking}" if tracking else "")


def write_order(credentials: Credentials, ours: OurOrder) -> Written:
    """Complete an order that was sent. A cancellation is refused: theirs would put the units back a second time."""
    if ours.status is OrderStatus.CANCELED:
        raise RefusedError("cancel_there", "Cancel the order in the other shop too, which gives its units back.")
    if ours.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        path = f"orders/{ours.external_id}"
        # A status of a plug-in's own, such as "partly shipped", goes on to "completed" too.
        if there(credentials, path).get("status") not in _OVER:
            changed(credentials, path, {"status": "completed"})
    return Written()
