"""Messages to queues, for services that tell a worker of a row once it is committed."""

import json
from collections.abc import Sequence
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LONGEST_DELAY = 900


def send(queue_url: str, message: dict[str, str], *, group: str | None = None, delay: float = 0) -> None:
    """Send a message as JSON. Without a URL nothing is sent: the receiver's schedule finds the row.

    With a group, such as a store's id, the queue is fair: one group's backlog does not delay the others. `delay` is in
    seconds, a quarter of an hour at most: a longer one is the schedule's.
    """
    if queue_url and delay <= _LONGEST_DELAY:
        given: Any = {"MessageGroupId": group} if group else {}
        if delay > 0:
            given["DelaySeconds"] = ceil(delay)
        sqs().send_message(QueueUrl=queue_url, MessageBody=json.dumps(message), **given)


def send_all(queue_url: str, messages: Sequence[dict[str, str]], *, group: str) -> None:
    """As `send`, for many at a time. What SQS does not take is found by the receiver's schedule."""
    for begin in range(0, len(messages) if queue_url else 0, 10):
        entries: Any = [
            {"Id": str(place), "MessageBody": json.dumps(message), "MessageGroupId": group}
            for place, message in enumerate(messages[begin : begin + 10])
        ]
        sqs().send_message_batch(QueueUrl=queue_url, Entries=entries)


@cache
def sqs() -> "SQSClient":
    """The client, made when it is first needed."""
    import boto3  # noqa: PLC0415 - costs a third of a second, and few requests send

    return boto3.client("sqs")
