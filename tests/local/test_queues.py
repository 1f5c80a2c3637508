"""Messages from moto's SQS to a handler, as Lambda delivers them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.background import running
from local.queues import consumers, sources
from local.template import TemplateError
from tests.local.stack import Event, Recorder, aws_of, calling, template

# Seen again at once when it is not deleted, so that no test waits for it.
TEMPLATE = """
Resources:
  Mail: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 0}}
  Mailer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: mailer.handler
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Mail.Arn
            BatchSize: 5
            FunctionResponseTypes: [ReportBatchItemFailures]
"""
ARN = "arn:aws:sqs:us-east-1:123456789012:Mail"


class Queue:
    """The queue of a template, and the function that consumes it."""

    def __init__(self, sqs: Any, url: str, handler: Recorder, consume: Any) -> None:
        self._sqs, self._url = sqs, url
        self.handler, self.consume = handler, consume

    def send(self, *bodies: str, **more: Any) -> None:
        for body in bodies:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=body, **more)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return int(found[names[0]])

    def delivered(self) -> list[list[str]]:
        return [[record["body"] for record in event["Records"]] for event in self.handler.events]


@contextmanager
def queue(folder: Path, handler: Recorder, text: str = TEMPLATE) -> Iterator[Queue]:
    with aws_of(folder, text) as (read, aws), closing(boto3.client("sqs")) as sqs:
        [job] = consumers(sources(read.functions, aws.made), calling(handler))
        yield Queue(sqs, aws.made["Mail"]["Ref"], handler, job.action)


def failing(place: int) -> Callable[[Event], Event]:
    """An answer that says of the message in this place of the batch that it has failed."""
    return lambda event: {"batchItemFailures": [{"itemIdentifier": event["Records"][place]["messageId"]}]}


def test_a_message_arrives_as_lambda_sends_it_and_is_gone(tmp_path: Path) -> None:
    with queue(tmp_path, Recorder()) as mail:
        attributes = {
            "kind": {"DataType": "String", "StringValue": "reset"},
            "proof": {"DataType": "Binary", "BinaryValue": b"\xff"},
        }
        mail.send("hello", MessageAttributes=attributes, MessageGroupId="aurora")
        mail.consume()

        [event] = mail.handler.events
        [record] = event["Records"]
        assert record.pop("messageId")
        assert record.pop("receiptHandle")
        system = record.pop("attributes")
        assert (system["ApproximateReceiveCount"], system["MessageGroupId"]) == ("1", "aurora")
        assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= system.keys()
        empty: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
        assert record == {
            "body": "hello",
            "messageAttributes": {
                "kind": empty | {"dataType": "String", "stringValue": "reset"},
                "proof": empty | {"dataType": "Binary", "binaryValue": "/w=="},
            },
            "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
            "eventSource": "aws:sqs",
            "eventSourceARN": ARN,
            "awsRegion": "us-east-1",
        }
        assert mail.left() == 0


def test_a_batch_is_no_larger_than_declared(tmp_path: Path) -> None:
    with queue(tmp_path, Recorder()) as mail:
        mail.send(*"abcdefg")
        mail.consume()
        mail.consume()

        assert mail.delivered() == [list("abcde"), list("fg")]


def test_only_what_failed_comes_again(tmp_path: Path) -> None:
    with queue(tmp_path, Recorder(failing(1))) as mail:
        mail.send("a", "b", "c")
        mail.consume()
        assert mail.left() == 1
        mail.consume()

        assert mail.delivered() == [["a", "b", "c"], ["b"]]
        assert mail.handler.events[1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
        assert mail.left() == 0


def test_an_exception_leaves_the_whole_batch(tmp_path: Path) -> None:
    with queue(tmp_path, Recorder(ValueError("broken"))) as mail:
        mail.send("a", "b")
        with pytest.raises(ValueError, match="broken"):
            mail.consume()
        assert mail.left() == 2
        mail.consume()

        assert mail.delivered() == [["a", "b"], ["a", "b"]]
        assert mail.left() == 0


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_answer_without_failures_is_a_success(tmp_path: Path, answer: Any) -> None:
    with queue(tmp_path, Recorder(answer)) as mail:
        mail.send("a")
        mail.consume()

        assert mail.left() == 0


@pytest.mark.parametrize(
    "answer",
    [
        "done",
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"messageId": "a"}]},
        {"batchItemFailures": ["a"]},
    ],
)
def test_an_answer_that_makes_no_sense_leaves_the_whole_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    with queue(tmp_path, Recorder(answer)) as mail:
        mail.send("a", "b")
        mail.consume()

        assert mail.left() == 2
    assert "Mailer: the batch stays in the queue" in capsys.readouterr().err


def test_failures_are_not_asked_for_unless_declared(tmp_path: Path) -> None:
    text = TEMPLATE.replace("FunctionResponseTypes: [ReportBatchItemFailures]", "Enabled: true")
    with queue(tmp_path, Recorder(failing(0)), text) as mail:
        mail.send("a")
        mail.consume()

        assert mail.left() == 0


def test_a_thread_delivers_what_comes_and_goes_on_after_an_exception(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    done = threading.Event()

    def handle(event: Event, _context: object) -> None:
        seen.extend(record["body"] for record in event["Records"])
        if len(seen) == 1:
            raise ValueError("broken")
        done.set()

    with aws_of(tmp_path, TEMPLATE) as (read, aws), closing(boto3.client("sqs")) as sqs:
        sqs.send_message(QueueUrl=aws.made["Mail"]["Ref"], MessageBody="a")
        with running(consumers(sources(read.functions, aws.made), calling(handle))):
            assert done.wait(10)

    assert seen == ["a", "a"]
    error = capsys.readouterr().err
    assert f"Mailer consumes {ARN}" in error
    assert "ValueError: broken" in error


@pytest.mark.parametrize("queue", ["!GetAtt Missing.Arn", "arn:aws:sqs:::Mail", "!Sub x"])
def test_a_queue_that_is_not_there_is_named(tmp_path: Path, queue: str) -> None:
    read = template(tmp_path, TEMPLATE.replace("!GetAtt Mail.Arn", queue))

    with pytest.raises(TemplateError, match=r"Mailer\.Queue: Queue must be"):
        sources(read.functions, {"Mail": {"Arn": ARN, "QueueUrl": "http://queue"}})
