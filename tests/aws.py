"""AWS for tests, by moto: the queue, the key and the mailbox that the functions are told of."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from functions.mail import service as mail
from shared import encryption, files, queues
from shared.integrations import forget_secrets
from shared.settings import settings

REGION = "eu-central-1"
SENDER = "StormCom <no-reply@stormcom.example>"


@dataclass(frozen=True)
class Mail:
    """A mail that has left."""

    to: str
    subject: str
    text: str

    @property
    def token(self) -> str:
        """The token of its link."""
        found = re.search(r"stc_[\w-]+", self.text)
        assert found is not None, self.text
        return found.group()


class Mailbox:
    """Every mail that SES was given, oldest first."""

    def mails(self, to: str | None = None) -> list[Mail]:
        """The mails, or those to one address."""
        sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        found = [Mail(m.destinations["ToAddresses"][0], m.subject, m.body) for m in sent]
        return [mail for mail in found if to is None or mail.to == to]

    def last(self, to: str) -> Mail:
        """The newest mail to an address."""
        return self.mails(to)[-1]


@contextmanager
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """Settings and clients that point at moto."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, REGION)
    with mock_aws():
        monkeypatch.setenv("KMS_KEY_ID", boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])
        for queue in ("mail", "sync", "transfer", "order_export", "privacy"):
            url = boto3.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
            monkeypatch.setenv(f"{queue.upper()}_QUEUE_URL", url)
        for bucket in ("media", "files", "archive"):
            here = {"LocationConstraint": REGION}
            boto3.client("s3").create_bucket(Bucket=f"stormcom-{bucket}", CreateBucketConfiguration=here)
            monkeypatch.setenv(f"{bucket.upper()}_BUCKET", f"stormcom-{bucket}")
        monkeypatch.setenv("MEDIA_URL", "https://media.example.com")
        monkeypatch.setenv("MAIL_FROM", SENDER)
        monkeypatch.setenv("APP_URL", "https://app.example.com")
        boto3.client("sesv2").create_email_identity(EmailIdentity="stormcom.example")
        boto3.client("ses").verify_email_identity(EmailAddress="no-reply@stormcom.example")
        _forget()
        yield Mailbox()
    _forget()


def _forget() -> None:
    for cached in (settings, encryption._kms, files.s3, queues.sqs, mail._ses):
        cached.cache_clear()
    forget_secrets()
