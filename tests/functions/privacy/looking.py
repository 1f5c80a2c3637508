"""A row in every table of a shop, and looking for words in every text, JSON and binary column of every table."""

from typing import Any

from sqlalchemy import delete, select, update

from shared.models import Base, PrivacyRequest, StoreSubscription
from shared.models.enums import PrivacyRequestStatus, SubscriptionStatus
from shared.tenancy import scheduled_session
from tests.conftest import Database
from tests.functions.stores.people import Shop
from tests.migrations.filling import fill


def filled(database: Database, shop: Shop) -> dict[str, str]:
    """Write a row into every table of a shop that has its admin already. Returns the ids by table."""
    mine = StoreSubscription.store_id == shop.id
    with scheduled_session() as session:
        session.execute(delete(StoreSubscription).where(mine))
    ids = fill(database, shop.id)
    with scheduled_session() as session:
        session.execute(update(StoreSubscription).where(mine).values(status=SubscriptionStatus.ACTIVE, end_date=None))
        asked = update(PrivacyRequest).where(PrivacyRequest.id == ids["privacy_requests"])
        session.execute(asked.values(status=PrivacyRequestStatus.COMPLETED))
    return ids


def places_of(database: Database, *words: str, but: str | None = None) -> list[str]:
    """Each `table.column` that has one of the words, in whatever case; one store may be left out."""
    found: list[str] = []
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                if but is not None and row.get("store_id") == but:
                    continue
                for column in table.c:
                    text = _text(row[column.name])
                    found += [f"{table.name}.{column.name}: {word}" for word in words if word.lower() in text]
    return sorted(set(found))


def _text(value: Any) -> str:
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).lower()
