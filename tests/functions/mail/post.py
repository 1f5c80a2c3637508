"""What the tests of the mailer share: asking for mails, telling the mailer of them, and SES that refuses."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from functions.mail import service
from functions.mail.handler import handler
from shared.account_mails import Template, send_later
from shared.models import AccountMail
from shared.settings import settings
from shared.tenancy import identity_session
from tests.calls import Context
from tests.functions.identity.people import found

SENDER = "no-reply@stormcom.example"


def ask_for(template: Template, recipient: str, **details: str) -> str:
    """Ask for a mail. Returns its id."""
    with identity_session() as session:
        return send_later(session, template, recipient, details)


def tell(*bodies: Any) -> list[str]:
    """Let the mailer have a batch of messages, or ids of mails to be told of. Returns which failed."""
    messages = [body if isinstance(body, dict) else {"account_mail_id": body} for body in bodies]
    return tell_raw(*map(json.dumps, messages))


def tell_raw(*bodies: str) -> list[str]:
    """As `tell`, with bodies as they stand. The messages are numbered."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    failed = handler({"Records": records}, Context())["batchItemFailures"]
    return [item["itemIdentifier"] for item in failed]


def tick() -> int:
    """The schedule's tick. Returns how many mails were seen to."""
    seen: int = handler({}, Context())["sent"]
    return seen


def queued() -> list[str]:
    """The bodies of the messages in the queue, taken out."""
    sqs = boto3.client("sqs")
    answer = sqs.receive_message(QueueUrl=settings().mail_queue_url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def state_of(mail_id: str) -> AccountMail:
    (mail,) = found(AccountMail, AccountMail.id == mail_id)
    return mail


def refuse_sender() -> None:
    """Let SES refuse every mail from now on."""
    boto3.client("sesv2").delete_email_identity(EmailIdentity="stormcom.example")
    boto3.client("ses").delete_identity(Identity=SENDER)


def accept_sender() -> None:
    """Let SES take mails again."""
    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)


class Crash(BaseException):
    """The end of a process: nothing catches it."""


@contextmanager
def crashing(moment: str) -> Iterator[Callable[[], int]]:
    """Let the process end `before-send` or `after-call` of SES. Gives how often it has."""
    crashes = []

    def crash(**_: Any) -> None:
        crashes.append(moment)
        raise Crash

    events = service._ses().meta.events
    events.register(f"{moment}.sesv2.SendEmail", crash)
    try:
        yield lambda: len(crashes)
    finally:
        events.unregister(f"{moment}.sesv2.SendEmail", crash)
