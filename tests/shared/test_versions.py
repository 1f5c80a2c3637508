"""`If-Match`: which of what a client may send names the version that is stored."""

import pytest
from sqlalchemy import select

from shared.errors import StaleVersionError
from shared.models import Store
from shared.tenancy import tenant_session
from shared.versions import check_if_match, tag
from tests.calls import http_event
from tests.conftest import Database
from tests.factories import make_store


@pytest.mark.parametrize("named", [None, "*", " * ", '"3"', ' "3" ', '"1", "3"', '"1","3"', '"x", "3", "y"'])
def test_the_stored_version_is_named(named: str | None) -> None:
    check_if_match(http_event("PATCH", "/x", {} if named is None else {"If-Match": named}), Store(version=3))


@pytest.mark.parametrize("named", ["", '"2"', '"33"', "3", "'3'", 'W/"3"', '"3', '3"', '"1", "2"', '"*"', "**", '" 3"'])
def test_another_version_is_refused(named: str) -> None:
    with pytest.raises(StaleVersionError) as error:
        check_if_match(http_event("PATCH", "/x", {"If-Match": named}), Store(version=3))

    assert error.value.code == "stale_version"


def test_the_tag_of_a_row_is_the_version_that_a_client_must_name(each: Database) -> None:
    with tenant_session(make_store()) as session:
        store = session.scalars(select(Store)).one()
        for version in (2, 3, 4):
            store.name = f"Name {version}"
            session.flush()
            tag(session, store)
            etag = session.info["headers_of_success"]["ETag"]
            assert etag == f'"{version}"'
            check_if_match(http_event("PATCH", "/x", {"If-Match": etag}), store)
