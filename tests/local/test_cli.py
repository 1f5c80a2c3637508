"""The stormcom command as a person uses it, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from local.database import ROOT
from tests.conftest import Database

STORMCOM = Path(sys.executable).with_name("stormcom")


def read(port: int, path: str, store: str | None) -> tuple[int, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"X-Store": store} if store else {})
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize("kind", ["database", "sqlite"])
def test_serve_migrates_seeds_answers_and_stops(kind: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(kind)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [STORMCOM, "serve", "--port", str(port)]
    environment = os.environ | database.urls | {"PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        while "Ctrl-C" not in (line := server.stdout.readline()):
            assert line, "the server ended before it was ready"
        assert len(read(port, "/v1/storefront/products", "aurora")[1]["items"]) == 20
        tees = [read(port, "/v1/storefront/products/classic-tee", shop)[1] for shop in ("aurora", "borealis")]
        assert [tee["variants"][0]["price"] for tee in tees] == ["18.00", "79.00"]
        assert read(port, "/v1/storefront/products", "nobody")[0] == 404
        assert read(port, "/v1/storefront/products", None)[0] == 400
        assert read(port, "/v1/openapi.json", None)[1]["info"]["title"] == "StormCom"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_local/mail") as mails:
            assert mails.status == 200
    finally:
        server.send_signal(signal.SIGINT)
        rest = server.communicate(timeout=30)[0]
    assert server.returncode == 0
    assert rest.endswith("Stopped.\n")


def test_what_is_derived_from_the_code_is_up_to_date() -> None:
    done = subprocess.run([STORMCOM, "describe", "--check"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_jobs_are_listed_rehearsed_and_run(sqlite: Database) -> None:
    def stormcom(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [STORMCOM, "jobs", *arguments]
        environment = os.environ | sqlite.urls
        return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)

    rehearsed = stormcom("run", "check_ledger", "--dry-run", "--at", "2026-12-24T12:00:00")
    assert json.loads(rehearsed.stdout)["status"] == "REHEARSED", rehearsed.stderr
    done = json.loads(stormcom("run", "check_ledger").stdout)
    assert done == {"job": "check_ledger", "status": "COMPLETED", "counts": {}, "more_to_do": False}
    lines = stormcom("list").stdout.splitlines()
    assert lines[0].split()[:2] == ["job", "schedule"]
    assert any(line.startswith("check_ledger") and "nothing" in line for line in lines)
    assert any(line.startswith("purge") and "never" in line for line in lines)
    assert stormcom("run", "nothing").returncode == 1
