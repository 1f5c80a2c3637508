"""What the tests of deliveries share."""

import json
from typing import Any

import boto3
import pytest

from shared.settings import settings
from tests.aws import Mailbox


@pytest.fixture(autouse=True)
def queue(mailbox: Mailbox) -> Any:
    """The messages that the worker was sent, read once."""

    def read() -> list[tuple[str, dict[str, str]]]:
        sqs, url, found = boto3.client("sqs"), settings().sync_queue_url, []
        while batch := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append((message["Attributes"]["MessageGroupId"], json.loads(message["Body"])))
        return found

    return read
