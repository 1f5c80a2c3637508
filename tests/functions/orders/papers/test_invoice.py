"""Invoices: the order's own figures, in every script and currency, over as many pages as it takes."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import boto3
import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import update

from shared.database import function_engine
from shared.models import Refund, Store
from shared.models.base import new_id
from shared.models.enums import OrderStatus, PaymentStatus, RefundReason, RefundStatus
from shared.tenancy import platform_session, tenant_session
from tests.api import api
from tests.aws import Mailbox
from tests.calls import Answer, counted
from tests.functions.orders.papers.printed import pages, whole
from tests.functions.orders.selling import ADDRESS, Sold, sell
from tests.functions.stores.people import Shop, join, make_shop

pytestmark = pytest.mark.usefixtures("database")
MINUS = "\u2013"
AT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def _invoice(shop: Shop, order_id: str) -> Answer:
    return api("GET", f"/v1/orders/{order_id}/invoice", token=shop.admin.token)


def _shop(**given: Any) -> Shop:
    values = {"name": "Aurora Home", "address": "Torstrasse 140\n10119 Berlin", "tax_id": "DE123", "phone": "+49 30 1"}
    return make_shop(**(values | given))


def test_it_says_who_sells_what_to_whom_and_for_how_much() -> None:
    shop = _shop(timezone="Europe/Berlin")
    lines = [Sold("10.00", 3, "2.00", "5.60", "Quiet kettle"), Sold("1234.50", 1, "0", "246.90", "Sofa")]
    taxes = [
        {"rate_id": "a", "name": "VAT", "rate": "0.2", "amount": "252.5"},
        {"rate_id": "b", "name": "City tax", "rate": "0.005", "amount": "1.2"},
    ]
    order_id = sell(
        shop.id,
        lines,
        at=AT,
        shipping_cost="4.90",
        shipping_tax="1.20",
        shipping_method="Parcel",
        taxes=taxes,
        coupon_code="SPRING",
        discounts=[{"code": "SPRING", "amount": "2"}],
        notes="Ring twice.",
        order_number="ORD-1042",
    )

    answer = _invoice(shop, order_id)

    text = whole(answer)
    assert answer.headers["content-disposition"] == 'inline; filename="invoice-ORD-1042.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    for part in (
        "INVOICE",
        "ORD-1042",
        "Aurora Home",
        "Torstrasse 140",
        "Tax ID DE123",
        "Ada Byron",
        "10119 Berlin BE",
    ):
        assert part in text
    # The day where the store is.
    assert "21 Nov 2026" in text
    assert "Quiet kettle" in text
    assert re.search(rf"3\s+10\.00\s+{MINUS}2\.00\s+5\.60\s+33\.60", text)
    assert re.search(r"1\s+1,234\.50\s+246\.90\s+1,481\.40", text)
    assert re.search(r"Subtotal, without tax\s+1,264\.50", text)
    assert re.search(rf"Discount \(SPRING\)\s+{MINUS}2\.00", text)
    assert re.search(r"Shipping\s+4\.90", text)
    assert re.search(r"VAT 20 %\s+252\.50", text)
    assert re.search(r"City tax 0\.5 %\s+1\.20", text)
    assert re.search(r"Total USD\s+1,521\.10", text)
    assert re.search(r"Amount due USD\s+1,521\.10", text)
    assert "Unpaid" in text
    assert "Ring twice." in text
    assert "\ufffd" not in text


def test_what_was_paid_and_given_back_is_on_it() -> None:
    shop = _shop()
    order_id = sell(
        shop.id, [Sold("50.00")], payment_status=PaymentStatus.PARTIALLY_REFUNDED, amount_paid=Decimal("50.00")
    )
    with tenant_session(shop.id) as session:
        for status, amount in ((RefundStatus.COMPLETED, "12.50"), (RefundStatus.FAILED, "7.77")):
            session.add(
                Refund(
                    order_id=order_id,
                    amount=Decimal(amount),
                    status=status,
                    reason=RefundReason.OTHER,
                    processed_at=AT,
                )
            )

    text = whole(_invoice(shop, order_id))

    assert "Paid, partly refunded" in text
    assert re.search(r"Paid\s+50\.00", text)
    assert re.search(rf"Refunded 20 Nov 2026\s+{MINUS}12\.50", text)
    assert re.search(r"Amount due USD\s+0\.00", text)
    assert "7.77" not in text


def test_nothing_is_due_on_a_cancelled_order() -> None:
    shop = _shop()
    order_id = sell(shop.id, [Sold("50.00")], status=OrderStatus.CANCELED)

    text = whole(_invoice(shop, order_id))

    assert "Cancelled" in text
    assert "Amount due" not in text


@pytest.mark.parametrize(
    ("currency", "price", "shown"), [("JPY", "1500", "1,500"), ("KWD", "1.5", "1.500"), ("EUR", "0.1", "0.10")]
)
def test_a_currency_has_its_own_decimals(currency: str, price: str, shown: str) -> None:
    shop = _shop(currency=currency)

    text = whole(_invoice(shop, sell(shop.id, [Sold(price)], currency=currency)))

    assert re.search(rf"Total {currency}\s+{re.escape(shown)}\n", text)


SCRIPTS = {
    "Polish": "Zażółć gęślą jaźń",
    "Greek": "Αθήνα",
    "Cyrillic": "Київ, Москва",
    "Bengali": "ঢাকা",
    "Hindi": "दिल्ली",
    "Chinese": "北京市朝阳区",
    "Japanese": "東京都のカタカナ",
    "Korean": "서울특별시",
    "Thai": "กรุงเทพ",
    "Vietnamese": "Thành phố Hồ Chí Minh",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_printed(script: str) -> None:
    shop = _shop()
    words = SCRIPTS[script]
    address = ADDRESS | {"city": words}

    text = whole(_invoice(shop, sell(shop.id, [Sold("10.00", name=words)], billing_address=address)))

    assert "\ufffd" not in text
    # A form of a letter that has no code of its own is read back as a control character beside it.
    found = re.sub(r"[\s\x00-\x1f]", "", text)
    assert found.count(re.sub(r"\s", "", words)) == 2


@pytest.mark.parametrize("words", ["شارع الملك فهد", "רחוב הרצל"])
def test_letters_that_run_from_right_to_left_are_printed(words: str) -> None:
    shop = _shop()

    text = whole(_invoice(shop, sell(shop.id, [Sold("10.00", name=words)])))

    assert "\ufffd" not in text
    assert all(word in text for word in words.split())


def test_what_no_font_has_is_marked_and_said() -> None:
    shop = _shop()

    text = whole(_invoice(shop, sell(shop.id, [Sold("10.00", name="Mug \U0001f600\x07 \u202eဗမာ")])))

    assert "Mug \ufffd" in text
    assert "\ufffd stands for a character that this paper's fonts do not have." in text


def test_a_long_order_runs_over_pages_with_a_head_on_each() -> None:
    shop = _shop()
    lines = [Sold("10.00", tax="2.00", name=f"Thing number {number} " + "and so on " * 9) for number in range(60)]

    found = pages(_invoice(shop, sell(shop.id, lines, order_number="ORD-7")))

    assert len(found) >= 4
    for number, text in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in text
        assert "ORD-7" in text
    heads = [text for text in found if "Unit price" in text]
    assert len(heads) >= len(found) - 1
    everything = "\n".join(found)
    assert [everything.count(f"Thing number {number} and") for number in range(60)] == [1] * 60
    assert re.search(r"Total USD\s+720\.00", everything)


def test_the_biggest_texts_that_are_taken_do_not_break_it() -> None:
    shop = _shop(name="N" * 200, address="A" * 2000, primary_color="#ffffff")
    wide = dict.fromkeys(ADDRESS, "W" * 200) | {"country": "DE"}
    lines = [Sold("999999999.999", name="M" * 200, more={"attributes": {"o" * 100: "v" * 5000}})]

    found = pages(_invoice(shop, sell(shop.id, lines, billing_address=wide, notes="n" * 1000)))

    assert "Total USD" in "\n".join(found)


def test_a_logo_among_our_pictures_stands_for_the_name(mailbox: Mailbox) -> None:
    made = BytesIO()
    Image.new("RGB", (300, 100), "#1b7f5c").save(made, "PNG")
    for key, body in {"media/logo.png": made.getvalue(), "media/broken.png": b"no picture"}.items():
        boto3.client("s3").put_object(Bucket="stormcom-media", Key=key, Body=body)
    shop = _shop()
    order_id = sell(shop.id)

    def images(url: str | None) -> int:
        with platform_session(reason="test", actor="tests") as session:
            session.execute(update(Store).where(Store.id == shop.id).values(logo_url=url))
        answer = _invoice(shop, order_id)
        assert answer.status == 200
        return sum(len(page.images) for page in PdfReader(BytesIO(answer.content)).pages)

    assert images("https://media.example.com/media/logo.png") == 1
    for other in ("media/broken.png", "media/missing.png", "transfers/logo.png"):
        assert images(f"https://media.example.com/{other}") == 0
    assert images("http://169.254.169.254/media/logo.png") == 0


def test_statements_stay_as_few_whatever_the_order_holds() -> None:
    shop = _shop()
    small, large = sell(shop.id), sell(shop.id, [Sold("1.00")] * 30)

    sent = []
    for order_id in (small, large):
        with counted(function_engine()) as statements:
            assert _invoice(shop, order_id).status == 200
        sent.append(len(statements))

    assert sent[0] == sent[1] <= 8


def test_an_order_of_another_store_or_deleted_or_none_has_no_invoice() -> None:
    shop, other = _shop(), make_shop()
    theirs, deleted = sell(other.id), sell(shop.id, deleted_at=AT)

    for order_id in (theirs, deleted, new_id()):
        answer = _invoice(shop, order_id)
        assert (answer.status, answer.json["code"]) == (404, "order_not_found")


def test_it_asks_for_the_permission_to_read_orders() -> None:
    shop = _shop()
    order_id = sell(shop.id)

    allowed, other = (join(shop.id, permissions=[one]).token for one in ("orders:read", "products:read"))

    assert api("GET", f"/v1/orders/{order_id}/invoice", token=allowed).status == 200
    assert api("GET", f"/v1/orders/{order_id}/invoice", token=other).status == 403


def test_it_works_on_sqlite_too(sqlite: object) -> None:
    shop = _shop()

    assert "ORD-5" in whole(_invoice(shop, sell(shop.id, order_number="ORD-5")))
