"""What is wrong with rows is told by row, and keeps nothing else out; what is wrong with a file changes nothing."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from functions.catalog.transfers import reading
from shared.models import Cart, Variant
from shared.models.base import new_id, now
from shared.stock import Holder, reserve
from shared.tenancy import tenant_session
from tests.api import api
from tests.functions.catalog.goods import count, made, product, shirt
from tests.functions.catalog.transfers.content import products_of, rows_of
from tests.functions.catalog.transfers.sending import CSV, XLSX, imported, progress, report, started, work
from tests.functions.stores.people import Shop, make_shop

pytestmark = pytest.mark.usefixtures("database")


def _told(shop: Shop, done: dict[str, Any]) -> list[tuple[int, str | None, str, str | None]]:
    return [(one["row"], one["sku"], one["code"], one["suggestion"]) for one in report(shop, done["id"])]


def test_every_bad_row_is_told_and_the_good_ones_go_in() -> None:
    shop = make_shop()
    product(shop, name="There", variants=[{"price": "1", "sku": "THERE"}])
    made(shop, "/v1/products", {"name": "Also", "variants": [{"price": "1", "sku": "THERE-2"}]})
    file = (
        "name,sku,price,stock,description,slug\n"
        'Good,GOOD,1.00,1,"two\nlines"\n'
        "Bad price,B-1,cheap,1,\n"
        "\n"
        "Taken,THERE,1.00,1,,taken\n"
        "Twice,GOOD,1.00,1,\n"
        "No price,B-2,,1,\n"
        "Minus,B-3,1.00,-4,\n"
        f"{'x' * 201},B-4,1.00,1,\n"
        "Odd,B-5,1.234,1,\n"
        'Unclear,B-6,"1,299",1,\n'
        "Too,B-8,1.00,1,,,more\n"
        'Good too,FINE,"$1,299.00",1,\n'
    )

    done = imported(shop, file)

    assert (done["created_count"], done["failed_count"], done["status"]) == (2, 8, "COMPLETED")
    assert _told(shop, done) == [
        (3, "B-1", "invalid_value", None),
        (5, "THERE", "sku_taken", "THERE-3"),
        (6, "GOOD", "sku_taken", "GOOD-2"),
        (7, "B-2", "invalid_value", None),
        (8, "B-3", "invalid_value", None),
        (9, "B-4", "invalid_value", None),
        (10, "B-5", "invalid_value", None),
        (11, "B-6", "invalid_value", None),
        (12, None, "too_many_cells", None),
    ]
    before = rows_of(shop)
    again = imported(shop, file)
    assert _told(shop, again) == _told(shop, done)
    assert again["unchanged_count"] == 2
    assert rows_of(shop) == before


def test_a_bad_variant_is_left_out_and_its_siblings_are_not() -> None:
    shop = make_shop()
    file = (
        "slug,name,option1_name,option1_value,sku,price\n"
        "socks,Socks,Size,S,S-1,5\n"
        "socks,,Size,M,S-2,free\n"
        "socks,,Size,S,S-3,5\n"
        "socks,,Colour,Red,S-4,5\n"
        "socks,,Size,L,S-5,5\n"
    )

    done = imported(shop, file)

    assert [one["sku"] for one in products_of(shop)["socks"]["variants"]] == ["S-1", "S-5"]
    messages = {one["row"]: one["message"] for one in report(shop, done["id"])}
    assert messages.keys() == {3, 4, 5}
    assert "in row 2" in messages[4]


def test_columns_that_nobody_knows_are_told_once() -> None:
    shop = make_shop()

    done = imported(shop, "NAME, Sku ,Price,Shoe size\nLamp,L,1,44\nMug,M,1,45\n")

    assert done["created_count"] == 2
    assert [(one["row"], one["severity"], one["code"]) for one in report(shop, done["id"])] == [
        (1, "WARNING", "unknown_column")
    ]


def test_only_what_a_file_says_is_changed() -> None:
    shop = make_shop()
    made(shop, "/v1/products", shirt(["S"], slug="shirt"))
    imported(shop, "slug,name,description\nshirt,Shirt,Keep\n")
    before = products_of(shop)["shirt"]
    sku = before["variants"][1]["sku"]

    done = imported(shop, f"sku,price,stock,name,description\n{sku},12.34,7,,\n")

    after = products_of(shop)["shirt"]
    assert done["updated_count"] == 1
    assert (after["description"], after["name"]) == ("Keep", "Shirt")
    changed = [one for one in after["variants"] if one not in before["variants"]]
    assert [(one["sku"], str(one["price"]), one["stock_quantity"]) for one in changed] == [(sku, "12.340", 7)]
    assert len(after["variants"]) == len(before["variants"])


def test_the_plan_is_kept_and_changes_go_on() -> None:
    shop = make_shop("free")
    rows = [f"Product {number},SKU-{number},1.00" for number in range(14)]
    file = "\n".join(["name,sku,price", *rows])

    done = imported(shop, file)

    assert (done["created_count"], done["failed_count"]) == (10, 4)
    assert {code for _, _, code, _ in _told(shop, done)} == {"plan_limit_reached"}
    again = imported(shop, file.replace("Product 3,SKU-3,1.00", "Product 3,SKU-3,2.00"))
    assert (again["updated_count"], again["unchanged_count"], again["failed_count"]) == (1, 9, 4)
    assert count(shop) == 10
    assert (
        api("POST", "/v1/products", {"name": "X", "variants": [{"price": "1"}]}, token=shop.admin.token).status == 402
    )


def test_what_is_reserved_stays_in_stock() -> None:
    shop = make_shop()
    made(shop, "/v1/products", {"name": "Lamp", "variants": [{"price": "1", "sku": "L", "stock_quantity": 5}]})
    with tenant_session(shop.id) as session:
        variant = session.scalars(select(Variant)).one()
        cart = Cart(id=new_id(), expires_at=now() + timedelta(days=1))
        session.add(cart)
        session.flush()
        reserve(session, {variant.id: 3}, Holder(cart_id=cart.id), now() + timedelta(minutes=15))

    done = imported(shop, "sku,stock,price\nL,2,4.00\n")

    assert _told(shop, done) == [(2, "L", "stock_reserved", None)]
    assert imported(shop, "sku,stock\nL,3\n")["updated_count"] == 1


@pytest.mark.parametrize(
    ("content", "mime_type", "why"),
    [
        ("colour,shape\nred,round\n", CSV, "no column that names products"),
        (b"name,sku,price\nLa\x00mp,L,1\n", CSV, "neither CSV nor XLSX"),
        (b"name,sku,price\n" + b"Lamp,L,1\n" * 2000 + b"La\x00mp,M,1\n", CSV, "NUL"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), CSV, "neither CSV nor XLSX"),
        (b"PK\x03\x04 not a zip", XLSX, "no XLSX"),
        ("name," + ",".join(f"c{n}" for n in range(500)) + "\nLamp\n", CSV, "500 columns"),
        ('name,sku,price\nGood,G,1\n"Lamp' + "x" * 300_000 + '",L,1\n', CSV, "no CSV that can be read"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(content: str | bytes, mime_type: str, why: str) -> None:
    shop = make_shop()

    done = imported(shop, content, mime_type=mime_type)

    assert done["status"] == "FAILED"
    assert why in done["error"]
    assert count(shop) == 0


def test_an_xlsx_that_unpacks_to_too_much_is_refused() -> None:
    shop = make_shop()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024 * 1024))

    done = imported(shop, file.getvalue(), mime_type=XLSX)

    assert "unpacks to more" in done["error"]


def test_too_many_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    monkeypatch.setattr(reading, "MOST_ROWS", 3)

    done = imported(shop, "name,price\nA,1\nB,1\nC,1\nD,1\n")

    assert "more than 3 rows" in done["error"]
    assert count(shop) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_letters_and_delimiters_are_found_out(encoding: str, delimiter: str) -> None:
    shop = make_shop()
    header, row = ["name", "sku", "price"], ["Käse € Größe", "ä1", '"9,50"']
    file = f"{delimiter.join(header)}\r\n{delimiter.join(row)}\r\n"

    done = imported(shop, file.encode(encoding))

    assert (done["created_count"], report(shop, done["id"])) == (1, [])
    assert products_of(shop)["kase-eur-grosse"]["name"] == "Käse € Größe"


def test_numbers_of_a_spreadsheet_are_what_they_look_like() -> None:
    shop = make_shop()
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["name", "sku", "price", "stock", "default"])
    sheet.append(["Lamp", 12345678901234, 19.99, 5.0, True])
    file = io.BytesIO()
    book.save(file)

    done = imported(shop, file.getvalue(), mime_type=XLSX)

    assert report(shop, done["id"]) == []
    variant = products_of(shop)["lamp"]["variants"][0]
    assert (variant["sku"], str(variant["price"]), variant["stock_quantity"]) == ("12345678901234", "19.990", 5)


def test_html_is_cleaned_as_in_the_api() -> None:
    shop = make_shop()

    imported(shop, 'name,price,description\nLamp,1,"<p onclick=""x()"">Hi<script>alert(1)</script></p>"\n')

    assert products_of(shop)["lamp"]["description"] == "<p>Hi</p>"


def test_an_import_is_one_record_of_the_audit_log() -> None:
    shop = make_shop()
    transfer_id = started(shop, "name,price\nLamp,1\n")
    work()

    items = api("GET", "/v1/audit-log", token=shop.admin.token).json["items"]
    assert [one["action"] for one in items][:1] == ["products.imported"]
    assert items[0]["entity_id"] == transfer_id
    assert items[0]["actor_email"] == shop.admin.email
    assert not [one for one in items if one["action"].startswith("product.")]
    assert progress(shop, transfer_id)["status"] == "COMPLETED"
