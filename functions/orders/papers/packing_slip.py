"""A packing slip: what goes into the parcel and whom it is for, without prices."""

from functions.orders.papers.addresses import address_lines, seller_lines
from functions.orders.papers.facts import Facts, texts
from functions.orders.papers.heading import write_blocks, write_heading
from functions.orders.papers.invoice import small_print
from functions.orders.papers.page import FAINT, MARGIN, Column, Paper, Row
from shared.models import OrderItem
from shared.orders.shipping import left_to_pack

_COLUMNS = [
    Column("Item", 108),
    Column("Ordered", 22, "R"),
    Column("In this parcel", 28, "R"),
    Column("Packed", 16, "C"),
]


def packing_slip(facts: Facts, logo: bytes | None) -> bytes:
    """The PDF of a parcel, or of all that is in none yet."""
    order, store = facts.order, facts.store
    text = "".join(texts(facts))
    paper = Paper(f"Packing slip {order.order_number}", store.name, store.primary_color, order.created_at, text)
    write_heading(paper, store.name, logo, "PACKING SLIP", order.order_number)
    write_blocks(
        paper,
        [("Ship to", address_lines(order.shipping_address)), ("From", seller_lines(store)), ("Order", _order(facts))],
    )
    rows = [_row(facts, item) for item in facts.items]
    packed = [row for row in rows if row is not None]
    paper.write_table(_COLUMNS, packed)
    paper.ln(4)
    if not packed:
        paper.write_line("Nothing of this order is left to be packed.", color=FAINT)
    if order.notes:
        paper.keep_together(15)
        paper.block(MARGIN, paper.get_y(), paper.epw, "Notes", [order.notes])
    return bytes(paper.output())


def _order(facts: Facts) -> list[str]:
    order, parcel = facts.order, facts.shipment
    lines = [order.order_number, facts.day(order.created_at)]
    if parcel is None:
        return [*lines, order.shipping_method or ""]
    lines += [f"{parcel.carrier}, {parcel.shipping_method}"]
    return [*lines, f"Tracking {parcel.tracking_number}"] if parcel.tracking_number else lines


def _row(facts: Facts, item: OrderItem) -> Row | None:
    """A line that is in the parcel, or in none yet; None for one that is not."""
    count = _left(item) if facts.packed is None else facts.packed[item.id]
    if not count:
        return None
    return Row([item.product_name, f"{item.quantity:,}", f"{count:,}", "[   ]"], small=small_print(item))


def _left(item: OrderItem) -> int:
    return left_to_pack(item) if item.needs_shipping else 0
