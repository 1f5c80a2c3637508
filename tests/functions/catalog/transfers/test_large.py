"""Ten thousand rows: in little memory, in reasonable time, and with few statements."""

import gc
import sys
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from functions.catalog.transfers import importing
from shared.database import function_engine
from tests.calls import counted
from tests.functions.catalog.transfers.sending import imported
from tests.functions.stores.people import make_shop

pytestmark = pytest.mark.usefixtures("database")


def large(rows: int) -> str:
    """Products of four variants each, with brands, categories, attributes and pictures."""
    return "\n".join(_lines(rows))


def _lines(rows: int) -> Iterator[str]:
    yield (
        "slug,name,status,description,brand,categories,attributes,sku,price,stock,option1_name,option1_value,image_url"
    )
    for number in range(rows):
        product, size = divmod(number, 4)
        own = f"p-{product},Product {product},ACTIVE,{'words ' * 40},Brand {product % 50},Top > Shelf {product % 20},"
        own += f"material=Wool;made=Town {product % 7}" if size == 0 else ""
        image = f"https://x.example/{product}.jpg" if size == 0 else ""
        yield f"{own},SKU-{number},{number % 100}.50,{number % 9},Size,S{size},{image}"


def test_ten_thousand_rows_take_seconds_and_little_memory(capsys: pytest.CaptureFixture[str]) -> None:
    peaks, took = {}, {}
    for rows in (1_000, 10_000):
        shop, file = make_shop(), large(rows).encode()
        gc.collect()
        began = time.perf_counter()
        done = imported(shop, file)
        took[rows] = time.perf_counter() - began
        assert (done["status"], done["created_count"], done["failed_count"]) == ("COMPLETED", rows // 4, 0), done
        began = time.perf_counter()
        tracemalloc.start()
        again = imported(shop, file)
        peaks[rows] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert again["unchanged_count"] == rows // 4
        took[-rows] = time.perf_counter() - began
    with capsys.disabled():
        seconds = ", ".join(f"{rows} rows {took[rows]:.1f} s" for rows in took)
        sys.stdout.write(f"\n{seconds}; at most {peaks[10_000] / 2**20:.1f} MB\n")
    assert took[10_000] < 90
    assert peaks[10_000] - peaks[1_000] < 16 * 2**20


def test_a_part_takes_few_statements_whatever_is_in_it() -> None:
    sent = {}
    for products in (importing.PART // 4, importing.PART):
        shop = make_shop()
        imported(shop, large(4))
        with counted(function_engine()) as statements:
            imported(shop, large(products * 4))
        sent[products] = len(statements)

    assert sent[importing.PART] <= sent[importing.PART // 4] * 1.5
