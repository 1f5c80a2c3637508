"""moto as the stack starts it: what a template declares is there, and the real AWS is out of reach."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.aws import verify_sender
from local.template import TemplateError
from tests.local.stack import aws_of

QUEUES = """
Resources:
  Mail:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub mail-${Stage}
      VisibilityTimeout: 180
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead: {Type: AWS::SQS::Queue}
  Sync: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, ContentBasedDeduplication: true}}
"""
KEY = "Resources: {Secrets: {Type: 'AWS::KMS::Key', Properties: {EnableKeyRotation: true}}}"


@contextmanager
def client(service: Any) -> Iterator[Any]:
    with closing(boto3.client(service)) as made:
        yield made


def test_queues_are_made_as_declared(tmp_path: Path) -> None:
    with aws_of(tmp_path, QUEUES) as (_, aws), client("sqs") as sqs:
        mail, dead, sync = (
            sqs.get_queue_attributes(QueueUrl=aws.made[name]["Ref"], AttributeNames=["All"])["Attributes"]
            for name in ("Mail", "Dead", "Sync")
        )

    assert mail["VisibilityTimeout"] == "180"
    assert json.loads(mail["RedrivePolicy"]) == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 3}
    assert (sync["FifoQueue"], sync["ContentBasedDeduplication"]) == ("true", "true")
    assert [found["QueueArn"] for found in (mail, dead, sync)] == [
        aws.made[name]["Arn"] for name in ("Mail", "Dead", "Sync")
    ]


def test_a_dead_letter_queue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"Mail: deadLetterTargetArn .* found !GetAtt Missing.Arn"):
        aws_of(tmp_path, QUEUES.replace("!GetAtt Dead", "!GetAtt Missing")).__enter__()


def test_what_was_encrypted_is_read_after_a_restart(tmp_path: Path) -> None:
    with aws_of(tmp_path, KEY) as (_, aws), client("kms") as kms:
        before, context = aws.made["Secrets"], {"user": "anne"}
        secret = kms.encrypt(KeyId=before["Ref"], Plaintext=b"TOTP", EncryptionContext=context)["CiphertextBlob"]
    with aws_of(tmp_path, KEY) as (_, aws), client("kms") as kms:
        assert kms.decrypt(CiphertextBlob=secret, EncryptionContext=context)["Plaintext"] == b"TOTP"
        assert kms.describe_key(KeyId=before["Arn"])["KeyMetadata"]["KeyId"] == before["Ref"]
        assert aws.made["Secrets"] == before
        with pytest.raises(ClientError, match="InvalidCiphertext"):
            kms.decrypt(CiphertextBlob=secret, EncryptionContext={"user": "ben"})

    assert stat.S_IMODE((tmp_path / "kms.json").stat().st_mode) == 0o600


def test_without_its_file_a_key_is_lost(tmp_path: Path) -> None:
    with aws_of(tmp_path, KEY) as (_, aws), client("kms") as kms:
        secret = kms.encrypt(KeyId=aws.made["Secrets"]["Ref"], Plaintext=b"TOTP")["CiphertextBlob"]
    (tmp_path / "kms.json").unlink()
    with aws_of(tmp_path, KEY), client("kms") as kms, pytest.raises(ClientError):
        kms.decrypt(CiphertextBlob=secret)


def test_the_real_aws_is_out_of_reach_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "https://sqs.eu-central-1.amazonaws.com")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    before = dict(os.environ)
    with aws_of(tmp_path, QUEUES) as (_, aws), client("sqs") as sqs:
        assert sqs.meta.endpoint_url.startswith("http://127.0.0.1:")
        assert sqs.list_queues()["QueueUrls"] == [made["Ref"] for made in aws.made.values()]
        assert os.environ["AWS_REGION"] == sqs.meta.region_name == "us-east-1"

    assert dict(os.environ) == before


def test_a_verified_sender_may_send(tmp_path: Path) -> None:
    mail = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Anne"}}}}
    to = {"ToAddresses": ["anne@example.com"]}
    with aws_of(tmp_path, "Resources: {}") as (_, aws), client("sesv2") as ses:
        with pytest.raises(ClientError, match="not verified"):
            ses.send_email(FromEmailAddress="no-reply@stormcom.example", Destination=to, Content=mail)
        verify_sender("StormCom <no-reply@stormcom.example>")
        ses.send_email(FromEmailAddress="StormCom <no-reply@stormcom.example>", Destination=to, Content=mail)

    assert [sent.subject for sent in aws.mails] == ["Hello"]
