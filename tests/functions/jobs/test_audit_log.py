"""The audit log of more than a year ago is in files, whole and once, and no longer in the database."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from sqlalchemy import delete, select
from sqlalchemy import exc as sa_exc

from functions.jobs import audit_log
from shared.models import AuditLog
from shared.settings import settings
from shared.tenancy import scheduled_session
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.jobs.clockwork import Time, counts, run, runs
from tests.functions.jobs.due import old_entry, open_store

JOB = "archive_audit_log"
SEPTEMBER, OCTOBER = datetime(2025, 9, 10, tzinfo=UTC), datetime(2025, 10, 31, 23, 59, 59, tzinfo=UTC)
NOVEMBER = datetime(2025, 11, 1, tzinfo=UTC)


def _files() -> dict[str, list[dict[str, Any]]]:
    """The entries in each file of the archive."""
    s3, bucket = boto3.client("s3"), settings().archive_bucket
    found = {}
    for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        text = gzip.decompress(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()).decode()
        found[one["Key"]] = [json.loads(line) for line in text.splitlines()]
    return found


def _left() -> list[str]:
    with scheduled_session() as session:
        query = select(AuditLog.entity_id).where(AuditLog.entity_type == "thing").order_by(AuditLog.entity_id)
        return [str(entity_id) for entity_id in session.scalars(query)]


def test_a_folder_a_store_and_month(mailbox: Mailbox, database: Database) -> None:
    store = open_store()
    facts = {"before_snapshot": {"name": "Lampe"}, "after_snapshot": {"name": "Lämpchen"}, "ip_address": "203.0.113.1"}
    old_entry(store, SEPTEMBER, entity_id="1", action="product.updated", **facts)
    old_entry(store, OCTOBER, entity_id="2")
    old_entry(None, OCTOBER, entity_id="3")
    old_entry(store, NOVEMBER, entity_id="4")

    assert counts(JOB) == {"entries": 3, "files": 3}

    assert _left() == ["4"]
    files = _files()
    folders = {key.rpartition("/")[0]: [entry["entity_id"] for entry in entries] for key, entries in files.items()}
    assert folders == {
        f"audit/{store}/2025-09": ["1"],
        f"audit/{store}/2025-10": ["2"],
        "audit/platform/2025-10": ["3"],
    }
    [entry] = next(entries for key, entries in files.items() if "2025-09" in key)
    assert entry.keys() == set(AuditLog.__table__.c.keys())
    assert (entry["created_at"], entry["action"]) == ("2025-09-10T00:00:00+00:00", "product.updated")
    assert {name: entry[name] for name in facts} == facts


def test_many_entries_are_in_several_files_and_a_run_goes_on_where_one_stopped(
    mailbox: Mailbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "_BATCH", 2)
    store = open_store()
    for number in range(5):
        old_entry(store, SEPTEMBER, entity_id=str(number))

    assert run(JOB, time=Time(asks=2))["counts"] == {"entries": 2, "files": 1}
    assert counts(JOB) == {"entries": 3, "files": 2}
    assert sorted(entry["entity_id"] for entries in _files().values() for entry in entries) == list("01234")
    assert _left() == []


def test_a_crash_between_file_and_deletion_loses_and_doubles_nothing(
    mailbox: Mailbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    old_entry(store, SEPTEMBER, entity_id="1")
    with monkeypatch.context() as patched:
        patched.setattr(audit_log, "_remove", lambda *_: (_ for _ in ()).throw(RuntimeError))
        assert run(JOB)["status"] == "FAILED"
    assert (_left(), len(_files())) == (["1"], 1)

    assert counts(JOB) == {"entries": 1, "files": 1}
    assert (_left(), len(_files())) == ([], 1)


def test_without_a_file_nothing_goes(database: Database) -> None:
    old_entry(open_store(), SEPTEMBER, entity_id="1")

    with pytest.raises(RuntimeError, match="ARCHIVE_BUCKET"):
        run(JOB)
    assert _left() == ["1"]
    assert runs(JOB)[0].error == "RuntimeError"


def test_nobody_else_deletes_from_the_log(database: Database) -> None:
    old_entry(open_store(), SEPTEMBER, entity_id="1")

    with scheduled_session() as session:
        gone = delete(AuditLog).where(AuditLog.entity_id == "1")
        with pytest.raises(sa_exc.DBAPIError, match="append-only"):
            session.execute(gone)
        session.rollback()
