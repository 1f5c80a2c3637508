"""Messages to queues, for services that tell a worker of a row once it is committed."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def send(queue_url: str, message: dict[str, str], *, group: str | None = None) -> None:
    """Send a message as JSON. Without a URL nothing is sent: the receiver's schedule finds the row.

    With a group, such as a store's id, the queue is fair: one group's backlog does not delay the others.
    """
    if queue_url:
        fair: Any = {"MessageGroupId": group} if group else {}
        sqs().send_message(QueueUrl=queue_url, MessageBody=json.dumps(message), **fair)


@cache
def sqs() -> "SQSClient":
    """The client, made when it is first needed."""
    import boto3  # noqa: PLC0415 - costs a third of a second, and few requests send

    return boto3.client("sqs")
