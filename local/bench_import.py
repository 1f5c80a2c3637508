"""`python -m local.bench_import`: the first import of a large shop, and what it costs.

A shop that stands in for WooCommerce, or Shopify, is connected through the API; workers in processes of their own get
the queue's messages, with the time that a function has, and one of them is killed in the middle. Prints how far it is
as staff sees it, products a second, runs, calls of the shop and its limit, and the peak of memory; and whether all is
here once.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Annotated, Any, cast

import typer
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from local import postgres
from local.aws import local_aws
from local.database import NAME, OWNER, ROLES, ROOT, ensure_owner
from local.environment import set_environment
from local.template import read_template
from migrations import commands
from shared.models.enums import ExternalPlatform

_BATCH = 10
_COUNTS = {
    "products": "SELECT count(*) FROM products WHERE deleted_at IS NULL",
    "variants": "SELECT count(*) FROM variants WHERE deleted_at IS NULL",
    "linked products": "SELECT count(DISTINCT external_id) FROM external_links WHERE entity_type = 'product'",
    "places taken of the plan": "SELECT sum(current_products) FROM store_subscriptions",
    "SKUs that two have": "SELECT count(*) FROM (SELECT sku FROM variants GROUP BY sku HAVING count(*) > 1) AS twice",
    "products without a variant": "SELECT count(*) FROM products p WHERE NOT EXISTS"
    " (SELECT FROM variants v WHERE v.product_id = p.id)",
    "changes queued for the shop": "SELECT count(*) FROM sync_queue",
}

app = typer.Typer(add_completion=False)


@dataclass
class Worked:
    """What the workers have said."""

    runs: int = 0
    seconds: float = 0
    cpu: float = 0
    peak_mb: float = 0


@app.command()
def main(  # noqa: PLR0913, PLR0917 - an option for each
    products: int = 10_000,
    varied: Annotated[int, typer.Option(help="One in so many has three variations; 0 is none.")] = 10,
    budget: Annotated[int, typer.Option(help="Seconds that an invocation has, of which 20 are kept back.")] = 60,
    limit: Annotated[int, typer.Option(help="Calls a second that the shop answers, or points that it restores.")] = 20,
    shopify: bool = False,
    worker: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Connect the shop, import it with a worker that dies in the middle, and print what it took."""
    if worker:
        _work(budget)
        return
    with _laptop() as server, _shop(products, varied, limit, shopify=shopify) as shop:
        begun = time.monotonic()
        token, integration = _connect(shop, shopify=shopify)
        worked = _import(server, token, integration, budget)
        _report(server, shop, worked, time.monotonic() - begun)


def _import(server: postgres.Server, token: str, integration: str, budget: int) -> Worked:
    worked, killed = Worked(), False
    process = _worker(budget, worked)
    try:
        told = -1
        while True:
            run = _ask("GET", f"/v1/integrations/{integration}/runs", None, token)["items"][0]
            share = 100 * run["seen"] // (run["total"] or 1)
            if share // 10 != told // 10:
                told = share
                _say(f"  {run['status']}: {run['seen']} of {run['total']} seen, {run['created_count']} made")
            if run["status"] in ("COMPLETED", "FAILED", "CANCELED"):
                _say(f"  {run}")
                # The worker has yet to say what it took.
                time.sleep(5)
                return worked
            if not killed and share >= 40:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed = True
                _say("  killed, and three minutes go by in the database")
                _pass_time(server)
                process = _worker(budget, worked)
            time.sleep(2)
    finally:
        process.terminate()
        process.wait()


def _work(budget: int) -> None:
    """Get messages as the event source mapping does, and look for what was left behind now and then."""
    from functions.sync.handler import handler  # noqa: PLC0415 - reads the environment
    from shared.queues import sqs  # noqa: PLC0415 - as above
    from shared.settings import settings  # noqa: PLC0415 - as above

    swept = time.monotonic()
    while True:
        got = sqs().receive_message(
            QueueUrl=settings().sync_queue_url, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=1, VisibilityTimeout=120
        )
        messages, begun, cpu = got.get("Messages", []), time.monotonic(), time.process_time()
        context = _Context(begun + budget)
        if messages:
            records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
            failed = {one["itemIdentifier"] for one in handler({"Records": records}, context)["batchItemFailures"]}
            for one in messages:
                if one["MessageId"] not in failed:
                    sqs().delete_message(QueueUrl=settings().sync_queue_url, ReceiptHandle=one["ReceiptHandle"])
        elif begun - swept > 5:
            swept = begun
            handler({}, context)
            continue
        else:
            continue
        _say(json.dumps({"seconds": time.monotonic() - begun, "cpu": time.process_time() - cpu, "peak": _peak()}))


class _Context:
    """The time that an invocation has left."""

    def __init__(self, end: float) -> None:
        self._end = end

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds."""
        return int((self._end - time.monotonic()) * 1000)


def _worker(budget: int, worked: Worked) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "local.bench_import", "--worker", "--budget", str(budget)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def listen() -> None:
        for line in process.stdout or ():
            if line.startswith("{"):
                said = json.loads(line)
                worked.runs, worked.seconds = worked.runs + 1, worked.seconds + said["seconds"]
                worked.cpu += said["cpu"]
                worked.peak_mb = max(worked.peak_mb, said["peak"])

    Thread(target=listen, daemon=True).start()
    return process


@contextmanager
def _laptop() -> Iterator[postgres.Server]:
    with tempfile.TemporaryDirectory(prefix="stormcom-import-", ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder, "data"), durable=False)
        try:
            ensure_owner(server)
            postgres.ensure_database(server, NAME, OWNER)
            os.environ |= {variable: server.url(NAME, role) for variable, role in ROLES.items()}
            commands.upgrade()
            template = read_template(ROOT / "template.yaml")
            with local_aws(template, Path(folder, "keys"), Path(folder, "media")) as aws:
                set_environment(template, aws.made, "http://127.0.0.1")
                yield server
        finally:
            server.stop()


@contextmanager
def _shop(products: int, varied: int, limit: int, *, shopify: bool) -> Iterator[Any]:

    if shopify:
        with _standin("shopify").shopify() as there:
            for number in range(products):
                there.put_product(10 * number + 1000, f"S-{number}")
            there.restore_rate = limit
            yield there
        return
    with _standin("woocommerce").woocommerce() as shop:
        shelves = [shop.add("products/categories", name=f"Shelf {number}")["id"] for number in range(20)]
        for number in range(products):
            _add(shop, number, shelves, is_varied=bool(varied) and number % varied == 0)
        shop.pending.clear()
        shop.faults.a_second = limit
        yield shop


def _standin(platform: str) -> Any:
    # No part of what is installed, and not imported before the environment is set.
    return import_module(f"tests.standins.{platform}")


def _add(shop: Any, number: int, shelves: list[int], *, is_varied: bool) -> None:
    given: dict[str, Any] = {
        "name": f"Product {number}",
        "sku": f"P-{number}",
        "description": "<p>Words that say what it is.</p>" * 20,
        "categories": [{"id": shelves[number % len(shelves)]}],
        "images": [{"src": f"https://pictures.example/{number}.jpg", "alt": "It"}],
    }
    if not is_varied:
        shop.add("products", **given, regular_price="12.50", manage_stock=True, stock_quantity=number % 50)
        return
    qualities = [{"name": "Size", "options": ["S", "M", "L"], "variation": True}]
    parent = shop.add("products", **given, type="variable", attributes=qualities)["id"]
    for size in ("S", "M", "L"):
        option = {"sku": f"P-{number}-{size}", "attributes": [{"name": "Size", "option": size}]}
        priced = {"regular_price": "9", "manage_stock": True, "stock_quantity": 4}
        made = shop.add("products", name=size, type="variation", parent_id=parent, **option, **priced)
        shop.products[parent]["variations"].append(made["id"])


def _connect(shop: Any, *, shopify: bool) -> tuple[str, str]:
    """Connect a shop of a new store. Returns a token of its admin and the integration's id."""
    people = import_module("tests.functions.stores.people")
    if shopify:
        # What stands in for Shopify here knows no subscriptions.
        both, there = import_module("tests.functions.sync.outbound.both"), _standin("shopify")
        made = both.connected(shop.url, there.TOKEN, "client", ExternalPlatform.SHOPIFY)
        token = people.join(made.store_id, "STORE_ADMIN").token
        _ask("POST", f"/v1/integrations/{made.integration_id}/sync", {"kind": "IMPORT"}, token)
        return token, made.integration_id
    here = _standin("woocommerce")
    token = people.make_shop(currency="USD").admin.token
    keys = {"consumer_key": here.KEY, "consumer_secret": here.SECRET}
    body = {"platform": "WOOCOMMERCE", "api_url": shop.url, "credentials": keys}
    return token, str(_ask("POST", "/v1/integrations", body, token)["id"])


def _ask(method: str, url: str, body: Any, token: str) -> dict[str, Any]:
    answer = import_module("tests.api").api(method, url, body, token=token)
    if answer.status >= 400:
        raise SystemExit(f"{method} {url}: {answer.status} {answer.text}")
    return cast(dict[str, Any], answer.json)


def _pass_time(server: postgres.Server) -> None:
    with _superuser(server).begin() as connection:
        connection.execute(text("UPDATE sync_runs SET resume_at = now() WHERE status = 'RUNNING'"))


def _superuser(server: postgres.Server) -> Any:
    return create_engine(server.superuser_url(NAME), poolclass=NullPool)


def _report(server: postgres.Server, shop: Any, worked: Worked, seconds: float) -> None:
    with _superuser(server).connect() as connection:
        found = {name: connection.scalar(text(query)) for name, query in _COUNTS.items()}
    for name, number in found.items():
        _say(f"  {name}: {number}")
    made = found["products"]
    each, cpu = 1000 * worked.seconds / made, 1000 * worked.cpu / made
    _say(f"{made} products in {seconds:.0f} s, {made / seconds:.0f} a second; {worked.runs} runs and the killed one")
    _say(f"{worked.seconds:.0f} s, {each:.1f} ms a product, {cpu:.1f} of them on the processor")
    _say(f"peak {worked.peak_mb:.0f} MB")
    if hasattr(shop, "violations"):
        _say(
            f"{len(shop.calls)} calls of the shop, {shop.restore_rate} points a second; {shop.violations} were refused"
        )
        return
    busiest, limit = max(shop.seconds.values()), shop.faults.a_second
    _say(f"{len(shop.calls)} calls of the shop, at most {busiest} in a second of {limit}; {shop.throttled} were 429")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app()
