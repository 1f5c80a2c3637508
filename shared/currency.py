"""How many decimals a currency has (ISO 4217), and amounts written with them."""

from decimal import Decimal

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


def decimals(currency: str) -> int:
    """Digits after the point: 2 for most, 0 or 3 for some."""
    return _DECIMALS.get(currency, 2)


def in_currency(amount: Decimal | str, currency: str) -> Decimal:
    """A stored amount with exactly the currency's decimals: `19.990` USD becomes `19.99`."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-decimals(currency)))
