"""What a WooCommerce shop answers to our changes, read as its deliveries are."""

from functions.sync.entities import ExternalProduct, ExternalVariant
from functions.sync.woocommerce.changing import Body
from functions.sync.woocommerce.reading import read_product
from shared.platforms.errors import RefusedError


def product(answer: Body) -> ExternalProduct:
    """A product. Raises RefusedError for a variation."""
    found = read_product(answer)
    if not isinstance(found, ExternalProduct):
        raise RefusedError("wrong_resource", "The other shop answered with a variation.")
    return found


def only_variant(answer: Body) -> ExternalVariant:
    """The variant of a product without options. Raises RefusedError for one with them."""
    variants = product(answer).variants or ()
    if not variants:
        raise RefusedError("not_plain", "The product has options in the other shop, and none here.")
    return variants[0]
