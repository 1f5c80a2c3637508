"""Works out every store's stock anew from its ledger and its reservations, and says where it is something else."""

from collections.abc import Iterator

from sqlalchemy import select

from shared.models import Store
from shared.stock import differences
from shared.tenancy import platform_session, tenant_session


def report() -> Iterator[str]:
    """A line for each variant whose stock does not add up."""
    with platform_session(reason="check every store's stock", actor="stormcom check-stock") as session:
        stores = [(row.id, row.slug) for row in session.execute(select(Store.id, Store.slug).order_by(Store.slug))]
    for store_id, slug in stores:
        with tenant_session(store_id) as session:
            for row in differences(session):
                yield (
                    f"{slug} {row['sku']}: {row['on_hand']} on hand, {row['by_ledger']} by the ledger; "
                    f"{row['reserved']} reserved, {row['by_reservations']} by reservations"
                )
