"""Proving a domain: which DNS records do, whose it is then, and name servers that do not answer."""

import time

import pytest

from functions.stores import domains
from shared.errors import ConflictError
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.name_server import name_server, silent_server
from tests.functions.stores.people import make_shop
from tests.functions.stores.test_domain import DOMAIN, ask, proof, served, verify


@pytest.mark.parametrize("texts", [None, [], ["stormcom="], ["stormcom=wrong", "v=spf1"], ["STORMCOM={}"], ["x{}"]])
def test_another_record_proves_nothing(database: Database, texts: list[str] | None) -> None:
    shop = make_shop()
    ask(shop)
    ((name, (value,)),) = proof(shop).items()
    zone = {} if texts is None else {name: [text.format(value) for text in texts]}

    with name_server(zone) as resolver, pytest.raises(ConflictError, match=r"No TXT record _stormcom\.lamps") as error:
        verify(shop, resolver)

    assert error.value.code == "domain_not_proved"
    assert served(DOMAIN) is None


def test_the_record_of_one_store_proves_nothing_for_another(database: Database) -> None:
    owner, thief = make_shop(), make_shop()
    ask(owner)
    ask(thief)

    with name_server(proof(owner)) as resolver:
        with pytest.raises(ConflictError):
            verify(thief, resolver)
        verify(owner, resolver)
    assert served(DOMAIN) == owner.slug


def test_a_domain_belongs_to_one_live_store(database: Database) -> None:
    first, second = make_shop(domain=DOMAIN), make_shop()
    ask(second)

    with name_server(proof(second)) as resolver:
        with pytest.raises(ConflictError) as error:
            verify(second, resolver)
        assert error.value.code == "domain_taken"
        assert served(DOMAIN) == first.slug
        assert api("GET", "/v1/store/domain", token=second.admin.token).json["pending_domain"] == DOMAIN

        api("DELETE", "/v1/store/domain", token=first.admin.token)
        verify(second, resolver)
    assert served(DOMAIN) == second.slug


def test_a_name_that_no_server_knows_or_no_network_leads_to_is_not_proved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domains, "_PATIENCE", 0.2)
    shop = make_shop()
    ask(shop, "lamps.invalid")

    refused = api("POST", "/v1/store/domain/verify", token=shop.admin.token)

    assert (refused.status, refused.json["code"]) == (409, "domain_not_proved")
    assert "_stormcom.lamps.invalid" in refused.json["detail"]


def test_a_name_server_that_never_answers_is_not_waited_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert domains._PATIENCE <= 5
    monkeypatch.setattr(domains, "_PATIENCE", 0.2)
    shop = make_shop()
    ask(shop)

    began = time.monotonic()
    with silent_server() as resolver, pytest.raises(ConflictError):
        verify(shop, resolver)

    assert time.monotonic() - began < 2
    assert served(DOMAIN) is None
