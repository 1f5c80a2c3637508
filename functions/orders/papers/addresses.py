"""Addresses as they are written on paper."""

from collections.abc import Mapping
from typing import Any

from shared.models import Store


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """Whom and where: a line each for name, company, street, and place; the country's code last."""
    joined = [
        ("first_name", "last_name"),
        ("company",),
        ("address1",),
        ("address2",),
        ("postal_code", "city", "state"),
        ("country",),
        ("phone",),
    ]
    lines = (" ".join(str(address[part]) for part in parts if address.get(part)) for parts in joined)
    return [line for line in lines if line]


def seller_lines(store: Store) -> list[str]:
    """Who sells: name, address, how to reach them, and their tax number."""
    lines = [store.name, *(store.address or "").splitlines(), store.email, store.phone or ""]
    if store.tax_id:
        lines.append(f"Tax ID {store.tax_id}")
    return [line.strip() for line in lines if line.strip()]
