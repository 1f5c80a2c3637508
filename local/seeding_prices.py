"""What makes the prices of a demo shop: its taxes, where it sends parcels and for how much, a coupon."""

from decimal import Decimal
from typing import Any

from shared.models import Coupon, ShippingRate, ShippingZone, TaxRate
from shared.models.base import new_id, now
from shared.models.enums import DiscountType
from shared.tenant_session import TenantSession


def seed_selling(session: TenantSession, facts: dict[str, Any]) -> None:
    """Write the taxes, shipping zones and coupons of a catalogue's `selling`."""
    for tax in facts["taxes"]:
        session.add(TaxRate(**(tax | {"rate": Decimal(tax["rate"])})))
    for zone in facts["zones"]:
        row = ShippingZone(id=new_id(), name=zone["name"], countries=zone["countries"])
        session.add(row)
        session.flush()
        session.add_all(_rate(row.id, rate) for rate in zone["rates"])
    for coupon in facts["coupons"]:
        session.add(
            Coupon(
                code=coupon["code"],
                name=coupon["name"],
                discount_type=DiscountType.PERCENTAGE,
                discount_value=Decimal(coupon["percent"]),
                valid_from=now(),
            )
        )


def _rate(zone_id: str, rate: dict[str, Any]) -> ShippingRate:
    free_from = Decimal(rate["free_from"]) if "free_from" in rate else None
    return ShippingRate(
        zone_id=zone_id,
        name=rate["name"],
        cost=Decimal(rate["cost"]),
        free_shipping_threshold=free_from,
        min_delivery_days=rate["min_days"],
        max_delivery_days=rate["max_days"],
    )
