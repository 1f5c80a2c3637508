"""The rows of a store become what the pricing rules take, in as many statements for many rows as for one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from shared import price_inputs, pricing
from shared.database import function_engine
from shared.models import (
    Category,
    Coupon,
    CouponCategory,
    CouponCustomer,
    CouponProduct,
    CouponRedemption,
    FlashSale,
    FlashSaleItem,
    Product,
    ProductCategory,
    ShippingRate,
    ShippingZone,
    TaxRate,
)
from shared.models.base import new_id, now
from shared.models.enums import DiscountType, FlashSaleStatus, ShippingRateType
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.calls import counted
from tests.conftest import Database
from tests.factories import category_of, customer_of, make_product, make_store, order_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = pricing.Address("DE", "BE", "Berlin", "10115")


def _coupon(**given: Any) -> Coupon:
    values = {
        "id": new_id(),
        "code": "TEN",
        "name": "Ten",
        "discount_type": DiscountType.PERCENTAGE,
        "discount_value": Decimal(10),
        "valid_from": NOON - HOUR,
    }
    return Coupon(**(values | given))


def _sale(**given: Any) -> FlashSale:
    values = {
        "id": new_id(),
        "name": "Flash",
        "discount_type": DiscountType.PERCENTAGE,
        "discount_value": Decimal(20),
        "start_at": NOON - HOUR,
        "end_at": NOON + HOUR,
    }
    return FlashSale(**(values | given))


def _add(session: TenantSession, *rows: Any) -> None:
    for row in rows:
        session.add(row)
        session.flush()


def test_a_coupon_comes_with_all_that_it_says(either: Database) -> None:
    store = make_store()
    products = [make_product(store), make_product(store)]
    with tenant_session(store) as session:
        shelves, people = [category_of(), category_of()], [customer_of(), customer_of()]
        row = _coupon(
            min_order_value=Decimal(5),
            max_order_value=Decimal(500),
            max_discount=Decimal(50),
            max_items=7,
            exclude_sale_items=True,
            is_exclusive=True,
            valid_to=NOON + HOUR,
            usage_limit_per_coupon=9,
            usage_limit_per_customer=2,
        )
        _add(session, row, *shelves, *people)
        orders = [order_of(), order_of(), order_of()]
        _add(
            session,
            CouponProduct(coupon_id=row.id, product_id=products[0]),
            CouponProduct(coupon_id=row.id, product_id=products[1], is_excluded=True),
            CouponCategory(coupon_id=row.id, category_id=shelves[0].id),
            CouponCategory(coupon_id=row.id, category_id=shelves[1].id, is_excluded=True),
            CouponCustomer(coupon_id=row.id, customer_id=people[0].id),
            *orders,
        )
        for order, who in zip(orders, (people[0].id, people[1].id, None), strict=True):
            _add(session, CouponRedemption(coupon_id=row.id, order_id=order.id, customer_id=who, amount=Decimal(1)))
        assert price_inputs.coupons_for(session, [" ten "], people[0].id) == (
            pricing.Coupon(
                code="TEN",
                kind=pricing.CouponKind.PERCENTAGE,
                amount=Decimal(10),
                minimum=Decimal(5),
                maximum=Decimal(500),
                max_discount=Decimal(50),
                valid_from=NOON - HOUR,
                valid_to=NOON + HOUR,
                products=frozenset(products[:1]),
                categories=frozenset([shelves[0].id]),
                customers=frozenset([people[0].id]),
                excluded_products=frozenset(products[1:]),
                excluded_categories=frozenset([shelves[1].id]),
                exclude_sale_items=True,
                individual_use=True,
                item_limit=7,
                usage_limit=9,
                used=3,
                customer_limit=2,
                customer_used=1,
            ),
        )
        assert price_inputs.coupons_for(session, ["TEN"], None)[0].customer_used == 0


def test_every_kind_of_coupon_is_one_of_the_rules(either: Database) -> None:
    fixed, free = DiscountType.FIXED_AMOUNT, DiscountType.FREE_SHIPPING
    with tenant_session(make_store()) as session:
        _add(
            session,
            _coupon(code="A", discount_type=fixed),
            _coupon(code="B", discount_type=fixed, per_item=True),
            _coupon(code="C", discount_type=free, discount_value=Decimal(0)),
            _coupon(code="D", discount_type=DiscountType.BUY_X_GET_Y, buy_quantity=2, get_quantity=2, max_items=4),
        )
        found = price_inputs.coupons_for(session, ["B", "A", "C", "D", "a", "NONE"], None)
    kinds = pricing.CouponKind
    assert [(coupon.code, coupon.kind) for coupon in found] == [
        *(("B", kinds.FIXED_PRODUCT), ("A", kinds.FIXED_CART), ("C", kinds.FREE_SHIPPING), ("D", kinds.BUY_X_GET_Y)),
    ]
    assert found[3].buy_get == pricing.BuyGet(2, 2, Decimal(10), 2)


def test_what_is_deleted_or_of_another_store_is_not_there(either: Database) -> None:
    store, other = make_store(), make_store()
    product, theirs = make_product(store), make_product(other)
    with tenant_session(other) as session:
        zone = ShippingZone(id=new_id(), name="Theirs")
        sale = _sale()
        _add(session, _coupon(), sale, FlashSaleItem(flash_sale_id=sale.id, product_id=theirs), zone)
        _add(session, TaxRate(name="VAT", country="DE", rate=Decimal("0.1")), ShippingRate(zone_id=zone.id, name="A"))
    with tenant_session(store) as session:
        gone = {"deleted_at": NOON, "deletion_id": "x"}
        zone, dead, resting = (ShippingZone(id=new_id(), name=name) for name in ("Live", "Dead", "Resting"))
        resting.is_active = False
        sale = _sale(**gone)
        _add(session, _coupon(**gone), _coupon(code="RESTS", is_active=False), zone, resting, sale)
        _add(session, FlashSaleItem(flash_sale_id=sale.id, product_id=product))
        _add(session, TaxRate(name="Off", country="DE", rate=Decimal("0.1"), is_active=False))
        _add(session, TaxRate(name="Gone", country="DE", rate=Decimal("0.1"), **gone))
        dead.deleted_at, dead.deletion_id = NOON, "x"
        _add(session, dead, ShippingRate(zone_id=zone.id, name="Off", is_active=False))
    with tenant_session(store) as session:
        coupons = price_inputs.coupons_for(session, ["TEN", "RESTS"], None)
        assert [(coupon.code, coupon.active) for coupon in coupons] == [("RESTS", False)]
        assert price_inputs.flash_sales_now(session, [product, theirs], NOON) == ()
        assert price_inputs.tax_rates(session) == ()
        assert [(found.name, found.rates) for found in price_inputs.zones(session)] == [("Live", ())]
        assert price_inputs.categories_of(session, [product, theirs]) == {product: frozenset(), theirs: frozenset()}
        assert price_inputs.categories_of(session, []) == {}


def test_sales_are_those_of_the_moment_with_what_is_left(either: Database) -> None:
    store = make_store()
    first, second, third = (make_product(store) for _ in range(3))
    with tenant_session(store) as session:
        sale = _sale(discount_type=DiscountType.FIXED_AMOUNT, discount_value=Decimal(3))
        canceled = _sale(status=FlashSaleStatus.CANCELED)
        _add(session, sale, canceled, FlashSaleItem(flash_sale_id=canceled.id, product_id=first))
        _add(session, FlashSaleItem(flash_sale_id=sale.id, product_id=first, quantity_limit=5, quantity_sold=3))
        _add(session, FlashSaleItem(flash_sale_id=sale.id, product_id=second))
        _add(session, FlashSaleItem(flash_sale_id=sale.id, product_id=third))
        kind = pricing.SaleKind.FIXED_AMOUNT
        units = {first: 2, second: None}
        wanted = pricing.FlashSale(sale.id, kind, Decimal(3), units, NOON - HOUR, NOON + HOUR)
        assert price_inputs.flash_sales_now(session, [first, second], NOON) == (wanted,)
        assert price_inputs.flash_sales_now(session, [first], NOON + HOUR) == ()
        assert price_inputs.flash_sales_now(session, [first], NOON - HOUR) != ()
        assert price_inputs.flash_sales_now(session, [first], NOON - HOUR - HOUR) == ()
        assert price_inputs.flash_sales_now(session, [], NOON) == ()


def test_the_rules_are_what_the_store_says(either: Database) -> None:
    with tenant_session(make_store(currency="JPY")) as session:
        assert price_inputs.rules(session) == pricing.Rules("JPY")
    told = {"prices_include_tax": True, "round_tax_at_subtotal": True, "coupons_in_sequence": True}
    with tenant_session(make_store(**told, allow_coupons_with_flash_sale=False)) as session:
        wanted = pricing.Rules("USD", True, True, True, coupons_with_flash_sale=False)
        assert price_inputs.rules(session) == wanted


def test_a_cart_is_priced_from_the_rows_of_its_store(either: Database) -> None:
    store = make_store(currency="EUR")
    lamp, bulb = make_product(store), make_product(store)
    with tenant_session(store) as session:
        home, lights = category_of(), category_of()
        _add(session, home)
        lights.parent_id = home.id
        coupon, sale, zone = _coupon(), _sale(discount_value=Decimal(50)), ShippingZone(id=new_id(), name="Germany")
        zone.countries = ["DE"]
        _add(session, lights, coupon, sale, zone, ProductCategory(product_id=lamp, category_id=lights.id))
        _add(session, CouponCategory(coupon_id=coupon.id, category_id=home.id))
        _add(session, FlashSaleItem(flash_sale_id=sale.id, product_id=bulb, quantity_limit=10, quantity_sold=8))
        _add(session, TaxRate(name="VAT", country="DE", rate=Decimal("0.19")))
        _add(session, TaxRate(name="Salt", country="FR", rate=Decimal("0.5")))
        _add(session, ShippingRate(id="parcel", zone_id=zone.id, name="Parcel", cost=Decimal("4.90")))
    with tenant_session(store) as session:
        categories = price_inputs.categories_of(session, [lamp, bulb])
        assert categories == {lamp: {home.id, lights.id}, bulb: frozenset()}
        cart = pricing.Cart(
            items=(
                pricing.Item("1", lamp, Decimal("100.00"), 1, categories[lamp]),
                pricing.Item("2", bulb, Decimal("10.00"), 3, categories[bulb]),
            ),
            at=NOON,
            tax_rates=pricing.rates_at(price_inputs.tax_rates(session), BERLIN),
            coupons=price_inputs.coupons_for(session, ["ten"], None),
            flash_sales=price_inputs.flash_sales_now(session, [lamp, bulb], NOON),
        )
        rules, zones = price_inputs.rules(session), price_inputs.zones(session)
    goods = pricing.price_cart(cart, rules).goods
    choice = pricing.shipping_choice(zones, BERLIN, pricing.Parcel(goods, Decimal(1), rules.currency))
    assert [(option.method_id, option.cost) for option in choice.options] == [("parcel", Decimal("4.90"))]
    # A lamp less ten per cent, two bulbs at half the price and one at all of it.
    assert goods == Decimal("110.00")
    shipping = pricing.Shipping("parcel", choice.options[0].cost)
    quote = pricing.price_cart(
        pricing.Cart(cart.items, NOON, cart.tax_rates, None, cart.coupons, cart.flash_sales, shipping), rules
    )
    assert (quote.booked.tax, quote.booked.total) == (Decimal("21.83"), Decimal("136.73"))


def _many(session: TenantSession, products: list[str], number: int) -> None:
    """So many of everything that prices are made of."""
    numbers = range(number)
    coupons, shelves, zones, sales, people = ([new_id() for _ in numbers] for _ in range(5))
    orders = [order_of() for _ in numbers]
    session.add_all([*(customer_of(id=one) for one in people), *(category_of(id=one) for one in shelves), *orders])
    session.flush()
    facts = {"name": "A", "discount_type": DiscountType.PERCENTAGE, "discount_value": 1}
    session.execute(insert(Coupon), [{"id": coupons[n], "code": f"C{n}", "valid_from": NOON, **facts} for n in numbers])
    window = {"start_at": NOON - HOUR, "end_at": NOON + HOUR}
    session.execute(insert(FlashSale), [{"id": sales[n], **facts, **window} for n in numbers])
    session.execute(insert(ShippingZone), [{"id": zones[n], "name": "Z"} for n in numbers])
    rows: dict[Any, Callable[[int], dict[str, Any]]] = {
        CouponProduct: lambda n: {"coupon_id": coupons[n], "product_id": products[n]},
        CouponCategory: lambda n: {"coupon_id": coupons[n], "category_id": shelves[n]},
        CouponCustomer: lambda n: {"coupon_id": coupons[n], "customer_id": people[n]},
        CouponRedemption: lambda n: {"coupon_id": coupons[n], "order_id": orders[n].id, "amount": 1},
        FlashSaleItem: lambda n: {"flash_sale_id": sales[n], "product_id": products[n]},
        ProductCategory: lambda n: {"product_id": products[n], "category_id": shelves[n]},
        ShippingRate: lambda n: {"zone_id": zones[n], "name": "A", "rate_type": ShippingRateType.FLAT_RATE},
        TaxRate: lambda n: {"name": f"T{n}", "country": "DE", "rate": Decimal("0.1")},
    }
    for model, values in rows.items():
        session.execute(insert(model), [values(n) for n in numbers])


@pytest.mark.parametrize(
    ("load", "most"),
    [
        (lambda session, codes, _: price_inputs.coupons_for(session, codes, "nobody"), 4),
        (lambda session, _, products: price_inputs.flash_sales_now(session, products, NOON), 1),
        (lambda session, _, products: price_inputs.categories_of(session, products), 1),
        (lambda session, *_: price_inputs.tax_rates(session, "de"), 1),
        (lambda session, *_: price_inputs.zones(session), 2),
        (lambda session, *_: price_inputs.rules(session), 1),
    ],
    ids=["coupons", "sales", "categories", "taxes", "zones", "rules"],
)
def test_many_rows_take_as_many_statements_as_one(database: Database, load: Callable[..., Any], most: int) -> None:
    for number in (1, 60):
        store = make_store()
        with tenant_session(store) as session:
            products = [Product(id=new_id(), slug=f"p{n}", name="P") for n in range(number)]
            session.add_all(products)
            session.flush()
            ids = [product.id for product in products]
            _many(session, ids, number)
        with tenant_session(store) as session, counted(function_engine()) as sent:
            found = load(session, [f"C{n}" for n in range(number)], ids)
        assert len(sent) == most, sent
        assert isinstance(found, pricing.Rules) or len(found) == number


def test_a_category_that_was_deleted_is_none_of_a_products(either: Database) -> None:
    store = make_store()
    product = make_product(store)
    with tenant_session(store) as session:
        shelf: Category = category_of()
        _add(session, shelf, ProductCategory(product_id=product, category_id=shelf.id))
        shelf.deleted_at, shelf.deletion_id = now(), "x"
    with tenant_session(store) as session:
        assert price_inputs.categories_of(session, [product]) == {product: frozenset()}
