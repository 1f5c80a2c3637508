"""One process may answer many requests at once: each gets its own store's data and its own request's."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from functions.storefront.handler import handler
from tests.calls import Context, call, http_event
from tests.conftest import Database
from tests.functions.storefront.shopping import BASE, PRODUCTS

THREADS = 20
ROUNDS = 4
STORES = ("aurora", "borealis")
PATHS = [
    *[
        "store",
        "products",
        "products/classic-tee",
        "categories",
        "brands",
        "suggest?q=a",
        "products?limit=3&sort=price",
    ],
    *["products?q=tee", "products?limit=0", "products/none", "nothing", "products?cursor=broken"],
]


def test_twenty_threads_of_two_stores_get_what_one_alone_gets(shops: Database) -> None:
    alone = {(store, path): call(handler, f"{BASE}/{path}", store=store) for store in STORES for path in PATHS}
    assert alone["aurora", "store"].text != alone["borealis", "store"].text
    together = Barrier(THREADS)

    def shop(number: int) -> list[tuple[str, str]]:
        store, wrong = STORES[number % 2], []
        together.wait(timeout=60)
        for turn in range(ROUNDS * len(PATHS)):
            path = PATHS[(turn + number) % len(PATHS)]
            answer, expected = call(handler, f"{BASE}/{path}", store=store), alone[store, path]
            if (answer.status, answer.text) != (expected.status, expected.text):
                wrong.append((path, answer.text[:200]))
        return wrong

    with ThreadPoolExecutor(THREADS) as threads:
        assert [wrong for found in threads.map(shop, range(THREADS)) for wrong in found] == []


def test_each_problem_carries_the_id_of_its_own_request(shops: Database) -> None:
    together = Barrier(THREADS)

    def ask(number: int) -> bool:
        together.wait(timeout=60)
        for turn in range(10):
            event = http_event("GET", f"{PRODUCTS}/none-{number}-{turn}", {"x-store": STORES[number % 2]})
            event["requestContext"]["requestId"] = f"request-{number}-{turn}"
            if f'"request-{number}-{turn}"' not in handler(event, Context())["body"]:
                return False
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(ask, range(THREADS)))
