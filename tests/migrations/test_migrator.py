"""The migrator function: what it runs, what it holds back, and what it tells CloudFormation and CodeDeploy."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from alembic.script import ScriptDirectory
from botocore.stub import Stubber

from migrations import migrator
from migrations.commands import config, downgrade
from migrations.handler import before_traffic, handler
from tests.conftest import Database

HEAD = ScriptDirectory.from_config(config()).get_current_head()


def _revisions() -> list[str]:
    return [each.revision for each in ScriptDirectory.from_config(config()).walk_revisions()][::-1]


@pytest.fixture
def behind(database: Database) -> Database:
    """A database that has not had the last two migrations."""
    downgrade(database.urls["MIGRATION_DATABASE_URL"], _revisions()[-3])
    return database


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where CloudFormation waits for an answer, and what it was told."""
    told: list[dict[str, Any]] = []

    class Waiting(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Waiting)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", told
    server.shutdown()
    server.server_close()
    thread.join()


def _request(kind: str, url: str) -> dict[str, Any]:
    return {"RequestType": kind, "ResponseURL": url, "StackId": "s", "RequestId": "r", "LogicalResourceId": "Schema"}


def test_a_database_that_has_everything_is_ready(database: Database) -> None:
    ready = {"revision": HEAD, "pending": [], "held": [], "ready": True}

    assert handler({"action": "status"}, None) == ready
    assert handler({"action": "check"}, None) == ready
    assert handler({"action": "upgrade"}, None) == ready


def test_it_runs_what_is_missing_and_a_check_says_so_before(behind: Database) -> None:
    *_, last_but_one, last = _revisions()

    assert handler({"action": "status"}, None)["pending"] == [last_but_one, last]
    with pytest.raises(RuntimeError, match=last):
        handler({"action": "check"}, None)
    assert handler({"action": "upgrade"}, None)["ready"] is True
    assert handler({"action": "check"}, None)["revision"] == HEAD


def test_what_takes_away_is_held_back_until_it_is_asked_for(behind: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = _revisions()
    script = ScriptDirectory.from_config(config())
    monkeypatch.setattr(script.get_revision(last).module, "contract", True, raising=False)
    monkeypatch.setattr(ScriptDirectory, "from_config", lambda _: script)

    found = handler({"action": "upgrade"}, None)
    assert (found["pending"], found["held"], found["ready"]) == ([], [last], False)

    assert handler({"action": "upgrade", "contract": True}, None)["ready"] is True


def test_a_database_that_is_ahead_suits_the_version_before(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrator, "_revision", lambda _: "20991231_2359")

    assert handler({"action": "check"}, None)["ready"] is True
    assert handler({"action": "upgrade"}, None)["revision"] == "20991231_2359"


@pytest.mark.parametrize("event", [{}, {"action": "downgrade"}])
def test_another_action_is_refused(database: Database, event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="upgrade, status or check"):
        handler(event, None)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_cloudformation_waits_until_the_schema_is_there(
    behind: Database, answers: tuple[str, list[dict[str, Any]]], kind: str
) -> None:
    url, told = answers
    handler(_request(kind, url), None)

    assert told[0]["Status"] == "SUCCESS"
    assert told[0]["PhysicalResourceId"] == "schema"
    assert handler({"action": "check"}, None)["revision"] == HEAD


def test_cloudformation_deletes_no_schema(database: Database, answers: tuple[str, list[dict[str, Any]]]) -> None:
    url, told = answers
    handler(_request("Delete", url), None)

    assert told[0]["Status"] == "SUCCESS"
    assert handler({"action": "check"}, None)["revision"] == HEAD


def test_cloudformation_is_told_when_the_schema_cannot_be_had(
    database: Database, answers: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("no way to the cluster")

    monkeypatch.setattr(migrator, "upgrade", fail)
    url, told = answers
    handler(_request("Update", url), None)

    assert told[0]["Status"] == "FAILED"
    assert told[0]["Reason"] == "OSError: no way to the cluster"


@pytest.mark.parametrize(("ready", "verdict"), [(True, "Succeeded"), (False, "Failed")])
def test_new_code_takes_traffic_only_when_the_schema_is_there(
    database: Database, monkeypatch: pytest.MonkeyPatch, ready: bool, verdict: str
) -> None:
    if not ready:
        downgrade(database.urls["MIGRATION_DATABASE_URL"], _revisions()[-2])
    client = boto3.client("codedeploy", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(boto3, "client", lambda _: client)
    with Stubber(client) as told:
        given = {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "h-1", "status": verdict}
        told.add_response("put_lifecycle_event_hook_execution_status", {}, given)
        before_traffic({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "h-1"}, None)
        told.assert_no_pending_responses()
