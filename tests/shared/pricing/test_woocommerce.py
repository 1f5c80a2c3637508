"""Our totals are WooCommerce's, line by line and to the cent.

WOOCOMMERCE_CART_CASES names another recording of the same shape to test against.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.shared.pricing.woocommerce import figures, quoted, recorded

_HERE = Path(__file__).parent
_SHARED = _HERE.parents[3] / "shared" / "fixtures" / "pricing" / "woocommerce_cart_cases.json"
_CASES = json.loads(Path(os.environ.get("WOOCOMMERCE_CART_CASES") or _HERE / "woocommerce_cart_cases.json").read_text())


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case['case']['id']}: {case['case']['note']}")
def test_a_cart_comes_to_what_woocommerce_says(case: dict[str, Any]) -> None:
    quote = quoted(case["case"])
    assert figures(quote) == recorded(case)
    assert bool(quote.dropped) == bool(case["errors"])


@pytest.mark.skipif(not _SHARED.exists(), reason="the shared fixtures are not here")
def test_every_recorded_cart_that_is_shared_comes_to_what_woocommerce_says() -> None:
    for case in json.loads(_SHARED.read_text()):
        assert figures(quoted(case["case"])) == recorded(case), case["case"]["note"]
