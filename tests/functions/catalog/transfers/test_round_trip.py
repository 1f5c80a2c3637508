"""What is exported can be imported: into an empty store for an equal one, into its own for no change at all."""

import pytest

from tests.functions.catalog.goods import ask, made, shirt, sized, tax_rate
from tests.functions.catalog.transfers.content import content_of, rows_of
from tests.functions.catalog.transfers.sending import CSV, XLSX, exported, imported, report
from tests.functions.stores.people import Shop, make_shop

pytestmark = pytest.mark.usefixtures("database")
HARD = 'A "hard" one; with, commas\nlines\r\nand = signs | \\ > _x0041_ 日本 ĄŻ'


def rich(shop: Shop) -> None:
    """A store in which something is said of everything that can be said."""
    brand = made(
        shop, "/v1/brands", {"name": "=Brand & Co", "description": "<p>B</p>", "logo_url": "https://x.example/l"}
    )
    made(shop, "/v1/brands", {"name": "Idle", "slug": "idle", "is_active": False, "website_url": "https://x.example/"})
    top = made(shop, "/v1/categories", {"name": "Top > most", "display_order": 3, "meta_title": "+t"})
    inner = made(shop, "/v1/categories", {"name": "Inner|side", "parent_id": top["id"], "description": "d"})
    other = made(shop, "/v1/categories", {"name": "Other", "is_active": False, "image_url": "https://x.example/i"})
    cloth = made(
        shop,
        "/v1/attributes",
        {"name": "Care", "type": "TEXT", "values": ["a=b", "c;d|e", "\\"], "display_order": 7, "is_active": False},
    )
    made(
        shop,
        "/v1/products",
        shirt(
            name="@Shirt 'quoted'",
            slug="shirt",
            status="ACTIVE",
            description=HARD,
            short_description="-short",
            brand_id=brand["id"],
            sku="'SHIRT",
            barcode="0123",
            tax_rate_id=tax_rate(shop),
            is_taxable=False,
            published_at="2027-01-01T10:00:00.123456Z",
            meta_title="\tTab",
            meta_description="d",
            meta_keywords="k",
            categories=[{"category_id": inner["id"], "is_primary": True}, {"category_id": other["id"]}],
            attributes=[{"attribute_id": cloth["id"], "values": ["c;d|e", "\\", "free"]}],
            labels=[{"label": "NEW=1", "color": "#1b7f5c", "priority": 5}, {"label": "Hot"}],
            media=[
                {"url": "https://x.example/1.png?a=1&b=2", "alt_text": "=1", "mime_type": "image/png"},
                {"url": "https://x.example/2", "is_featured": True},
            ],
        ),
    )
    socks = sized("S", "M", name="Socks", categories=[{"category_id": other["id"]}])
    socks["variants"][0] |= {"sku": "-5", "stock_quantity": 12, "weight": "0.5", "barcode": "00042", "is_active": False}
    socks["variants"][1] |= {
        "compare_at_price": "12.5",
        "cost_price": "3",
        "is_default": True,
        "track_inventory": False,
    }
    made(shop, "/v1/products", socks)
    bare = made(shop, "/v1/products", {"name": "Bare", "variants": [{"price": "1"}], "slug": "bare"})
    ask(shop, "PATCH", f"/v1/products/{bare['id']}", {"attributes": []})


@pytest.mark.parametrize(("kind", "mime_type"), [("csv", CSV), ("xlsx", XLSX)])
def test_an_export_makes_an_equal_store(kind: str, mime_type: str) -> None:
    shop, copy = make_shop(), make_shop()
    rich(shop)
    tax_rate(copy)
    file = exported(shop, kind)

    done = imported(copy, file, mime_type=mime_type, file_name=f"x.{kind}")

    assert report(copy, done["id"]) == []
    assert done["error"] is None
    assert done["failed_count"] == 0
    assert content_of(copy) == content_of(shop)
    before = rows_of(copy)
    again = imported(copy, file, mime_type=mime_type)
    assert (again["unchanged_count"], again["total"]) == (done["total"], done["total"])
    assert rows_of(copy) == before
    assert exported(copy, kind)


def test_an_export_changes_nothing_in_its_own_store() -> None:
    shop = make_shop()
    rich(shop)
    before = rows_of(shop)

    done = imported(shop, exported(shop))

    assert report(shop, done["id"]) == []
    assert done["unchanged_count"] == done["total"]
    assert rows_of(shop) == before


def test_an_export_may_leave_drafts_out() -> None:
    shop, copy = make_shop(), make_shop()
    rich(shop)

    imported(copy, exported(shop, status="ACTIVE"))

    assert [product["slug"] for product in content_of(copy)["products"]] == ["shirt"]


def test_no_cell_of_an_export_is_a_formula() -> None:
    shop = make_shop()
    rich(shop)

    text = exported(shop).decode("utf-8-sig")

    assert not [line for line in text.splitlines() if line.startswith(("=", "+", "-", "@"))]
    assert "'=Brand & Co" in text
    assert "'@Shirt 'quoted'" in text
    assert "''SHIRT" in text


def test_an_empty_store_has_an_export_too() -> None:
    shop = make_shop()

    text = exported(shop).decode("utf-8-sig")

    assert text.startswith("row,slug,name,")
    assert len(text.splitlines()) == 1
