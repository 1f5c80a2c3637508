"""A shop's own domain: asked for, served once it is proved, given up."""

from collections.abc import Iterator

import dns.resolver
import pytest

from functions.storefront.handler import handler as storefront
from functions.stores.domains import verify_domain
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Answer, call
from tests.conftest import Database
from tests.functions.stores.name_server import Zone, name_server
from tests.functions.stores.people import Shop, make_shop

DOMAIN = "lamps.example.com"
NOTHING = {"domain": None, "pending_domain": None, "record_name": None, "record_value": None}
WRONG = [
    "localhost",
    "192.0.2.1",
    "https://lamps.example.com",
    "lamps.example.com/shop",
    "lamps.example.com:8080",
    "lamps.example.com.",
    "-lamps.example.com",
    "lamps..example.com",
    "lämps.example.com",
    "*.example.com",
    f"{'a' * 64}.example.com",
    f"{'a.' * 130}com",
    "lamps.example.com\n.evil.com",
    "",
]


@pytest.fixture
def own_domain(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[str]:
    """The platform's domain, under which shops are found."""
    monkeypatch.setenv("STOREFRONT_DOMAIN", "shops.example")
    settings.cache_clear()
    yield "shops.example"
    settings.cache_clear()


def ask(shop: Shop, domain: str = DOMAIN) -> Answer:
    return api("PUT", "/v1/store/domain", {"domain": domain}, token=shop.admin.token)


def proof(shop: Shop) -> Zone:
    """The record that the shop was told to make."""
    read = api("GET", "/v1/store/domain", token=shop.admin.token).json
    return {read["record_name"]: [read["record_value"]]}


def verify(shop: Shop, resolver: dns.resolver.Resolver) -> None:
    with tenant_session(shop.id) as session:
        verify_domain(session, resolver)


def served(host: str) -> str | None:
    """The slug of the shop that a host leads to."""
    answer = call(storefront, f"http://{host}/v1/storefront/store")
    return answer.json["slug"] if answer.status == 200 else None


def test_a_domain_is_asked_for_proved_served_and_given_up(either: Database) -> None:
    shop = make_shop()
    assert api("GET", "/v1/store/domain", token=shop.admin.token).json == NOTHING

    asked = ask(shop)
    assert (asked.status, asked.json["domain"], asked.json["pending_domain"]) == (200, None, DOMAIN)
    assert asked.json["record_name"] == f"_stormcom.{DOMAIN}"
    assert served(DOMAIN) is None

    with name_server(proof(shop) | {DOMAIN: ["v=spf1 -all"]}) as resolver:
        verify(shop, resolver)
    assert api("GET", "/v1/store/domain", token=shop.admin.token).json == NOTHING | {"domain": DOMAIN}
    assert served(DOMAIN) == served("LAMPS.Example.com") == shop.slug

    assert api("DELETE", "/v1/store/domain", token=shop.admin.token).status == 204
    assert api("GET", "/v1/store/domain", token=shop.admin.token).json == NOTHING
    assert served(DOMAIN) is None


@pytest.mark.parametrize("domain", WRONG)
def test_what_is_no_domain_is_refused(database: Database, domain: str) -> None:
    assert ask(make_shop(), domain).status == 422


@pytest.mark.parametrize(
    ("given", "kept"), [(" Lamps.Example.COM ", DOMAIN), ("xn--80aswg.xn--p1ai", "xn--80aswg.xn--p1ai")]
)
def test_a_domain_is_kept_in_small_letters(database: Database, given: str, kept: str) -> None:
    assert ask(make_shop(), given).json["pending_domain"] == kept


@pytest.mark.parametrize("name", ["shops.example", "lamps.shops.example", "a.b.shops.example", "SHOPS.example"])
def test_names_of_the_platform_are_not_given_away(own_domain: str, name: str) -> None:
    refused = ask(make_shop(), name)

    assert (refused.status, refused.json["code"]) == (422, "domain_not_allowed")
    assert ask(make_shop(), "myshops.example").status == 200


def test_asking_again_keeps_the_record_that_was_made(database: Database) -> None:
    shop = make_shop()
    first = ask(shop).json

    assert ask(shop).json == first
    other = ask(shop, "other.example.com").json
    assert other["record_value"] != first["record_value"]
    assert ask(shop).json["record_value"] not in {first["record_value"], other["record_value"]}


def test_asking_for_another_keeps_the_one_that_is_served_until_it_is_proved(database: Database) -> None:
    shop = make_shop(domain=DOMAIN)
    assert ask(shop, "new.example.com").json["domain"] == DOMAIN
    assert served(DOMAIN) == shop.slug

    with name_server(proof(shop)) as resolver:
        verify(shop, resolver)
    assert (served(DOMAIN), served("new.example.com")) == (None, shop.slug)


def test_asking_for_the_one_that_is_served_ends_the_wish_for_another(database: Database) -> None:
    shop = make_shop(domain=DOMAIN)
    ask(shop, "new.example.com")

    assert ask(shop).json == NOTHING | {"domain": DOMAIN}


def test_verifying_without_having_asked_is_refused(database: Database) -> None:
    refused = api("POST", "/v1/store/domain/verify", token=make_shop().admin.token)

    assert (refused.status, refused.json["code"]) == (409, "no_domain_pending")


def test_what_is_done_to_the_domain_is_noted_without_its_token(database: Database) -> None:
    shop = make_shop()
    token = ask(shop).json["record_value"].removeprefix("stormcom=")
    with name_server(proof(shop)) as resolver:
        verify(shop, resolver)
    api("DELETE", "/v1/store/domain", token=shop.admin.token)

    log = api("GET", "/v1/audit-log?action=store.updated", token=shop.admin.token)
    assert token not in log.text
    assert [entry["after"] for entry in log.json["items"]] == [
        {"domain": None},
        {"pending_domain": DOMAIN, "domain_token": "***"},
    ]
