"""What changes a price, to those who keep it: coupons, flash sales, taxes, shipping, and how the store counts."""

from typing import Any

from functions.pricing import settings
from functions.pricing.coupons import routes as coupons
from functions.pricing.flash_sales import routes as flash_sales
from functions.pricing.schemas import PricingSettingsRead, PricingSettingsUpdate
from functions.pricing.shipping import routes as shipping
from functions.pricing.taxes import routes as taxes
from shared.admin import open_admin
from shared.api import HttpApi
from shared.auth import requires
from shared.idempotency import idempotent
from shared.tenancy import current_session, tenant_isolated

app = HttpApi()
TAGS = ["pricing"]
for router in (coupons.router, flash_sales.router, taxes.router, shipping.router):
    app.include_router(router)
app.checked_by(coupons.check_new)(coupons.create_coupon)
app.checked_by(flash_sales.check_new)(flash_sales.create_sale)
app.checked_by(taxes.check_new)(taxes.create_rate)
app.checked_by(shipping.check_new_zone)(shipping.create_zone)
app.checked_by(shipping.check_new_rate)(shipping.create_rate)


@app.get("/v1/pricing/settings", tags=TAGS)
@requires("pricing:read")
def read_settings() -> PricingSettingsRead:
    """How the store prices."""
    return settings.read_settings(current_session())


@app.patch("/v1/pricing/settings", tags=TAGS)
@requires("pricing:write")
def update_settings(body: PricingSettingsUpdate) -> PricingSettingsRead:
    """Change how the store prices."""
    return settings.update_settings(current_session(), body, app.event)


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
