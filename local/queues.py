"""Delivers what lies in the queues of template.yaml to the functions that it names, as Lambda's event sources do."""

import base64
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.background import Job
from local.cloudformation import Intrinsic, Made, TemplateError, look_up, of_type, shown
from local.events import REGION
from local.invocation import Invoke
from local.template import Function

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

PAUSE = 0.05


@dataclass(frozen=True)
class Source:
    """A queue that a function consumes."""

    function: Function
    url: str
    arn: str
    batch_size: int
    reports_failures: bool


def sources(functions: Iterable[Function], made: Made) -> list[Source]:
    """The queues that functions consume. Raises TemplateError for one that the template does not have."""
    return [
        _source(function, f"{function.name}.{event}", properties, made)
        for function in functions
        for event, properties in of_type("SQS", function.events, f"{function.name}.").items()
    ]


def consumers(found: Iterable[Source], invoke: Invoke) -> list[Job]:
    """A job for each source: what comes within a second goes to the function as one batch."""
    import boto3  # noqa: PLC0415 - costs a third of a second that other commands need not wait

    return [
        Job(f"{source.function.name} consumes {source.arn}", _consumer(source, boto3.client("sqs"), invoke), PAUSE)
        for source in found
    ]


def _source(function: Function, where: str, properties: Mapping[str, Any], made: Made) -> Source:
    queue = properties.get("Queue")
    arn = look_up(queue, made)
    if not isinstance(queue, Intrinsic) or arn is None:
        raise TemplateError(f"{where}: Queue must be `!GetAtt Name.Arn` of a queue here, found {shown(queue)}")
    return Source(
        function,
        url=made[queue.resource]["QueueUrl"],
        arn=arn,
        # More than SQS gives at once would need a window to collect it in.
        batch_size=min(properties.get("BatchSize", 10), 10),
        reports_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
    )


def _consumer(source: Source, sqs: "SQSClient", invoke: Invoke) -> Callable[[], None]:
    def consume() -> None:
        answer = sqs.receive_message(
            QueueUrl=source.url,
            MaxNumberOfMessages=source.batch_size,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = {message["MessageId"]: message for message in answer.get("Messages", [])}
        if not messages:
            return
        event = {"Records": [_record(message, source.arn) for message in messages.values()]}
        # An exception leaves them all in the queue, where they are seen again when their time is over.
        result = invoke(source.function, event, str(uuid.uuid4()))
        for done in messages.keys() - _failed(source, result, messages.keys()):
            sqs.delete_message(QueueUrl=source.url, ReceiptHandle=messages[done]["ReceiptHandle"])

    return consume


def _record(message: "MessageTypeDef", arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        found["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        found["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return found


def _failed(source: Source, result: Any, sent: Iterable[str]) -> set[str]:
    """What the function says has failed. As in AWS, an answer that makes no sense says so of the whole batch."""
    everything = set(sent)
    if not source.reports_failures or not result:
        return set()
    try:
        failed = {item["itemIdentifier"] for item in result.get("batchItemFailures") or ()}
    except (AttributeError, KeyError, TypeError):
        failed = {None}
    if failed <= everything:
        return failed
    sys.stderr.write(f"{source.function.name}: the batch stays in the queue, as this names no failures: {result!r}\n")
    return everything
