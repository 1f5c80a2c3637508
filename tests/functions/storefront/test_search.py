"""Finding products by words."""

from shared.models import Brand, Product
from shared.models.base import new_id, now
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.storefront.shopping import found, get, one, open_shop, sell

ODD = [
    *[
        "!",
        "&",
        "|",
        ":*",
        "<->",
        "( )",
        ")(",
        "a & !b",
        "a | b",
        "tee:*",
        "tee <2> shirt",
        "'",
        "''",
        '"',
        '"tee',
        "\\",
    ],
    *["'; DROP TABLE products; --", "' OR '1'='1", "%", "_", "%' --", "$1", ":words", "%s", "{}", "\\'", "E'\\x00'"],
    *["👕", "é", "ǅ", "İstanbul", "٤٢", "²", "\u0301", "\u200b", "\u202e", "\ufffd", "\ud7ff", "\U0001d7d8", "a\tb\nc"],
    *["-", "--", "-tee", "or", "OR OR", "and", "the", "null", "true", "a-b-c", "a/b/c", "http://a.b/c?d=e", "a@b.c"],
    *["1e5", "<script>alert(1)</script>", "tee " * 50, "a " * 100, "x" * 200, "é" * 200, "茶" * 200, "👕" * 200],
]


def test_whatever_is_typed_gets_an_answer(shops: Database) -> None:
    answers = {typed: get("products", "aurora", q=typed) for typed in ODD}

    assert {typed: answer.text for typed, answer in answers.items() if answer.status != 200} == {}
    assert len(found("aurora")) == 38


def test_punctuation_alone_finds_nothing(either: Database) -> None:
    sell(open_shop(), "tee", name="Tee")

    for typed in ("!", "& | !", "...", "👕", '"', "-", "%", "<->", ":*"):
        assert found(q=typed) == [], typed


def test_blanks_alone_are_no_search(either: Database) -> None:
    sell(open_shop(), "tee")

    assert found(q="") == found(q="   ") == ["tee"]


def test_all_words_must_be_there_in_any_order_and_case(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "both", name="Blue Shirt")
    sell(store_id, "one", name="Blue Sky")
    sell(store_id, "split", name="Shirt", short_description="in blue")

    assert set(found(q="blue shirt")) == set(found(q="SHIRT Blue")) == {"both", "split"}
    assert found(q="blue shirt green") == []


def test_the_last_word_may_be_unfinished(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "kettle", name="Travel Kettle")
    sell(store_id, "iron", name="Travel Iron")

    assert found(q="ket") == found(q="kettle") == found(q="travel ket") == ["kettle"]


def test_words_before_an_unfinished_one_match_as_they_do_alone(shops: Database) -> None:
    for typed in ("espresso mach", "coffee maker", "coffee mak", "drip coffee ma", "machines esp"):
        alone = set.intersection(*(set(found("aurora", q=word)) for word in typed.split()))
        assert alone
        assert set(found("aurora", q=typed)) == alone, typed


def test_a_word_matches_its_other_forms(database: Database) -> None:
    store_id = open_shop()
    sell(store_id, "one", name="Cordless vacuum cleaner")
    sell(store_id, "two", description="It cleans all batteries.")

    assert found(q="cleaning") == ["two"]
    assert found(q="vacuums") == ["one"]
    assert found(q="battery") == ["two"]


def test_name_sku_and_both_descriptions_are_searched(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "name", name="Walnut table")
    sell(store_id, "sku", sku="WALNUT-7")
    sell(store_id, "short", short_description="made of walnut")
    sell(store_id, "long", description="A piece of walnut.")
    sell(store_id, "other", name="Oak table")

    assert set(found(q="walnut")) == {"name", "sku", "short", "long"}


def test_a_sku_is_found_whole_and_unfinished(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "wanted", sku="AB-1234-X")
    sell(store_id, "other", sku="CD-999-Y")

    results = {typed: found(q=typed) for typed in ("AB-1234-X", "ab-1234-x", "AB-1234", "AB-12", "1234")}

    assert results == {typed: ["wanted"] for typed in results}


def test_a_variants_sku_finds_its_product(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "wanted", {"sku": "TEE-BLK-M"}, {"sku": "TEE-WHT-M"}, name="Shirt")
    sell(store_id, "hidden", {"sku": "HAT-1"}, {"sku": "TEE-BLK-XL", "is_active": False}, name="Hat")
    sell(make_store(), "theirs", {"sku": "TEE-BLK-S"}, name="Blouse")

    for typed in ("TEE-WHT-M", "tee-blk-m", "tee-blk", " Tee-W "):
        assert found(q=typed) == found(q=typed, sort="relevance") == ["wanted"], typed
    for typed in ("BLK-M", "TEE-BLK-M-1", "TEE%", "TEE_BLK", "tee-blk-xl"):
        assert found(q=typed) == [], typed


def test_words_too_common_to_search_for_take_nothing_away(database: Database) -> None:
    sell(open_shop(), "kettle", name="Kettle for the road")

    for typed in ("the kettle", "the ket", "kettle the", "kettle for the ro", "for the kettle"):
        assert found(q=typed) == ["kettle"], typed


def test_a_leading_hyphen_is_not_a_not(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "tee", name="Tee")
    sell(store_id, "lamp", name="Lamp")

    assert found(q="-tee") == found(q="- tee") == ["tee"]


def test_numbers_with_a_point_are_one_word(database: Database) -> None:
    sell(open_shop(), "kettle", name="Kettle 1.7 litres")

    assert found(q="1.7") == found(q="kettle 1.7") == found(q="1.7 lit") == ["kettle"]


def test_a_search_never_finds_what_has_none_of_its_words(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "tee", name="Tee")
    sell(store_id, "lamp", name="Lamp")

    results = {typed: found(q=typed) for typed in ("-tee", "tee -kettle", "!tee", "- tee")}

    assert {typed for typed, slugs in results.items() if "lamp" in slugs} == set()


def test_a_match_in_the_name_comes_before_one_in_the_text(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "text", name="Lamp", description="Goes well with a kettle.", published_at=now())
    sell(store_id, "name", name="Kettle")

    assert found(q="kettle") == found(q="kettle", sort="relevance") == ["name", "text"]


def test_a_short_description_counts_more_than_the_long_one(database: Database) -> None:
    store_id = open_shop()
    sell(store_id, "long", description="kettle")
    sell(store_id, "short", short_description="kettle")

    assert found(q="kettle") == ["short", "long"]


def test_a_changed_name_is_found_at_once(either: Database) -> None:
    store_id = open_shop()
    product_id = sell(store_id, "tee", name="Old")
    assert found(q="old") == ["tee"]
    with tenant_session(store_id) as session:
        one(session, Product, product_id).name = "Fresh"

    assert (found(q="old"), found(q="fresh")) == ([], ["tee"])


def _brand(store_id: str, name: str, **given: bool) -> str:
    brand_id = new_id()
    with tenant_session(store_id) as session:
        session.add(Brand(id=brand_id, slug=brand_id, name=name, **given))
    return brand_id


def test_a_brands_name_is_searched_beside_the_products_own_words(either: Database) -> None:
    store_id = open_shop()
    acme, zenith = _brand(store_id, "Acme Works"), _brand(store_id, "Zenith")
    sell(store_id, "kettle", name="Kettle", brand_id=acme)
    sell(store_id, "lamp", name="Lamp", brand_id=acme)
    sell(store_id, "other", name="Kettle of theirs", brand_id=zenith)
    hidden = _brand(store_id, "Hidden", is_active=False)
    sell(store_id, "secret", name="Secret", brand_id=hidden)

    assert set(found(q="acme")) == set(found(q="works acm")) == {"kettle", "lamp"}
    assert found(q="acme kettle") == found(q="kettle acme") == found(q="kettle wor") == ["kettle"]
    assert found(q="acme zenith") == found(q="hidden") == []
    with tenant_session(store_id) as session:
        one(session, Brand, acme).name = "Apex"
    assert (found(q="acme"), set(found(q="apex"))) == ([], {"kettle", "lamp"})


def test_typos_are_forgiven_when_nothing_else_is_found(database: Database) -> None:
    store_id = open_shop()
    sell(store_id, "espresso", name="Automatic Espresso Machine")
    sell(store_id, "vacuum", name="Cordless Vacuum Cleaner", brand_id=_brand(store_id, "Silvercrest"))
    sell(store_id, "kettle", name="Travel Kettle")

    results = {
        "espresso": ["expresso", "espreso mashine"],
        "vacuum": ["vaccum", "cordles vacum", "silvercrst", "silvercrst vaccum"],
        "kettle": ["ketle", "the ketle"],
    }

    for slug, searches in results.items():
        assert {typed: found(q=typed) for typed in searches} == {typed: [slug] for typed in searches}
    for typed in ("ketle espresso", "xylophone", "ket-le", "tra", "expresso 9000"):
        assert found(q=typed) in ([], ["kettle"] if typed == "tra" else []), typed


def test_an_exact_match_leaves_no_room_for_typos(database: Database) -> None:
    store_id = open_shop()
    sell(store_id, "shirt", name="Shirt")
    sell(store_id, "skirt", name="Skirt")

    assert (found(q="shirt"), found(q="skirt")) == (["shirt"], ["skirt"])


def test_the_words_that_were_found_are_marked(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "one", name="Kettle <b> & Co", short_description="A kettle, and <i>what</i> else &amp; more")
    sell(store_id, "two", name="Lamp", description="<p>Goes with a kettle.</p>")

    items = {item["slug"]: item["highlight"] for item in get("products", q="kettle").json["items"]}

    assert items["one"]["name"] in ("<mark>Kettle</mark> &amp; Co", "<mark>Kettle</mark> &lt;b&gt; &amp; Co")
    assert items["one"]["text"] == "A <mark>kettle</mark>, and what else &amp; more"
    assert items["two"] == {"name": "Lamp", "text": "Goes with a <mark>kettle</mark>."}
    assert [item["highlight"] for item in get("products").json["items"]] == [None, None]


def test_another_forms_of_a_word_are_marked(database: Database) -> None:
    sell(open_shop(), "one", name="Cordless vacuums")

    assert get("products", q="vacuum").json["items"][0]["highlight"]["name"] == "Cordless <mark>vacuums</mark>"


def test_a_search_sees_no_other_store(database: Database) -> None:
    theirs = make_store()
    sell(theirs, "theirs", {"sku": "KET-1"}, name="Kettle", brand_id=_brand(theirs, "Acme"))
    open_shop()

    for typed in ("kettle", "ketle", "acme", "acmee", "ket-1"):
        assert found(q=typed) == [], typed
        assert get("suggest", q=typed).json["items"] == [], typed
