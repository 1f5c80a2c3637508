"""Keys of connected shops: read seldom, forgotten soon, shown never; and how a shop's fortune is noted."""

import time

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import update

from shared import integrations
from shared.errors import ConflictError, NotFoundError
from shared.integrations import connected, credentials_of, integration_of, note_error, note_success, read_secret
from shared.models import ExternalPlatformIntegration
from shared.models.base import now
from shared.models.enums import SyncStatus
from shared.tenancy import tenant_session
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.webhooks.delivering import connect


def test_a_secret_is_asked_of_kms_once_a_minute(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, moment, asked = make_store(), time.monotonic(), []
    shop, decrypt = connect(store), integrations.decrypt
    monkeypatch.setattr(integrations, "decrypt", lambda *given, **of: asked.append(of) or decrypt(*given, **of))

    with tenant_session(store) as session:
        row = integration_of(session, shop)
        for seconds in (0, 59, 61):
            monkeypatch.setattr(time, "monotonic", lambda seconds=seconds: moment + seconds)
            found = credentials_of(session, row)
            assert (found.key, found.secret) == ("ck_1", "cs_1")
    assert asked == [{"store": store}] * 4
    assert "ck_1" not in repr(found)


def test_a_secret_is_its_stores_own(database: Database, mailbox: Mailbox) -> None:
    store, other = make_store(), make_store()
    with tenant_session(store) as session:
        key = integration_of(session, connect(store)).api_key

    with pytest.raises(ClientError):
        read_secret(other, key)
    with tenant_session(other) as session, pytest.raises(NotFoundError):
        integration_of(session, connect(store))


def test_fortune_is_noted_without_a_new_version(database: Database, mailbox: Mailbox) -> None:
    store = make_store()
    shop = connect(store)

    with tenant_session(store) as session:
        note_error(session, shop, "It did not answer.")
    with tenant_session(store) as session:
        row = integration_of(session, shop)
        assert (row.sync_status, row.last_error, row.version) == (SyncStatus.ERROR, "It did not answer.", 1)
        note_success(session, shop)
    with tenant_session(store) as session:
        row = integration_of(session, shop)
        assert (row.sync_status, row.last_error, row.version) == (SyncStatus.IDLE, "It did not answer.", 1)
        first = row.last_sync_at
        note_success(session, shop)
    with tenant_session(store) as session:
        assert integration_of(session, shop).last_sync_at == first


def test_a_disconnected_shop_has_no_keys(database: Database, mailbox: Mailbox) -> None:
    store = make_store()
    shop = connect(store)
    with tenant_session(store) as session:
        session.execute(update(ExternalPlatformIntegration).values(disconnected_at=now()))

    with tenant_session(store) as session:
        with pytest.raises(ConflictError):
            connected(session, shop)
        with pytest.raises(ConflictError):
            credentials_of(session, integration_of(session, shop))
