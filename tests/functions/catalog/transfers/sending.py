"""Sending files to import as a client does, and letting the worker do what its queue asks of it."""

import json
from pathlib import Path
from typing import Any

import boto3

from functions.catalog.transfers.reading import CSV, XLSX
from functions.catalog.transfers.worker import handler as worker
from shared.settings import settings
from tests.api import api
from tests.calls import Context
from tests.functions.stores.people import Shop


def imported(shop: Shop, content: str | bytes, **given: Any) -> dict[str, Any]:
    """An import of a file, done as far as the worker does it."""
    transfer_id = started(shop, content, **given)
    work()
    return progress(shop, transfer_id)


def started(shop: Shop, content: str | bytes, mime_type: str = CSV, file_name: str = "goods.csv", **given: Any) -> str:
    """An import that waits in the queue. Returns its id."""
    raw = content.encode() if isinstance(content, str) else content
    body = {"file_name": file_name, "mime_type": mime_type, "size": max(1, len(raw))} | given
    answer = api("POST", "/v1/products/import/upload", body, token=shop.admin.token)
    assert answer.status == 201, answer.text
    put(answer.json, raw)
    transfer_id: str = answer.json["import"]["id"]
    answer = api("POST", f"/v1/products/imports/{transfer_id}/start", token=shop.admin.token)
    assert answer.status == 202, answer.text
    return transfer_id


def put(upload: dict[str, Any], content: bytes) -> None:
    """What a browser does with the form."""
    fields = upload["upload"]["fields"]
    boto3.client("s3").put_object(
        Bucket=settings().files_bucket, Key=fields["key"], Body=content, ContentType=fields["Content-Type"]
    )


def work(rounds: int = 50, context: Any = None) -> int:
    """Let the worker take its messages until there are none. Returns how many it took."""
    sqs, taken = boto3.client("sqs"), 0
    for _ in range(rounds):
        found = sqs.receive_message(QueueUrl=settings().transfer_queue_url, MaxNumberOfMessages=1).get("Messages", [])
        if not found:
            break
        for message in found:
            taken += 1
            if not worker(event_of(message["Body"]), context or Context())["batchItemFailures"]:
                sqs.delete_message(QueueUrl=settings().transfer_queue_url, ReceiptHandle=message["ReceiptHandle"])
    return taken


def event_of(body: str | dict[str, str]) -> dict[str, Any]:
    """A batch of one message."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"Records": [{"messageId": "one", "body": text, "eventSource": "aws:sqs"}]}


def progress(shop: Shop, transfer_id: str) -> dict[str, Any]:
    """What is told of an import."""
    answer = api("GET", f"/v1/products/imports/{transfer_id}", token=shop.admin.token)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def report(shop: Shop, transfer_id: str) -> list[dict[str, Any]]:
    """Everything that is told of an import's rows."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        url = f"/v1/products/imports/{transfer_id}/report?limit=100{cursor}"
        answer = api("GET", url, token=shop.admin.token)
        assert answer.status == 200, answer.text
        items += answer.json["items"]
        if answer.json["next_cursor"] is None:
            return items
        cursor = f"&cursor={answer.json['next_cursor']}"


def exported(shop: Shop, kind: str = "csv", **given: Any) -> bytes:
    """The file of an export."""
    answer = api("POST", "/v1/products/export", {"type": kind} | given, token=shop.admin.token)
    assert answer.status == 202, answer.text
    work()
    found = api("GET", answer.headers["location"], token=shop.admin.token).json
    assert found["status"] == "COMPLETED", found
    assert found["download_url"].startswith("https://")
    key = found["download_url"].partition("?")[0].partition(f"{settings().files_bucket}/")[2]
    content: bytes = boto3.client("s3").get_object(Bucket=settings().files_bucket, Key=key)["Body"].read()
    assert len(content) == found["file_size"]
    return content


def file_of(path: Path) -> bytes:
    """A file's bytes."""
    return path.read_bytes()


__all__ = ["CSV", "XLSX"]
