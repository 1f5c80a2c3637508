"""What reaches a shopper."""

from sqlalchemy import ColumnElement

from shared.models import Product
from shared.models.base import now
from shared.models.enums import ProductStatus


def on_sale() -> list[ColumnElement[bool]]:
    """What reaches a storefront: active, published, with something to buy."""
    return [
        Product.status == ProductStatus.ACTIVE,
        Product.published_at <= now(),
        Product.price_min.is_not(None),
    ]
