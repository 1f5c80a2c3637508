"""AWS on the laptop: moto in this process, with the queues and keys of template.yaml, and no way to the real one."""

import base64
import json
import os
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.cloudformation import Made, TemplateError, look_up, of_type, shown, text
from local.database import ROOT
from local.events import ACCOUNT_ID, REGION
from local.mailbox import Mail, recording
from local.media import keeping, load
from local.notifications import tell_queues
from local.server import GatewayServer
from local.template import Template

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

QUEUE = "AWS::SQS::Queue"
KEY = "AWS::KMS::Key"
BUCKET = "AWS::S3::Bucket"
MEDIA = "MediaBucket"
STACK = ROOT / ".local" / "aws.json"
"""Where a stack that is up says how to reach its AWS."""
_MAX_UPLOAD_BYTES = 64 * 1024 * 1024
_QUEUE_SETTINGS: tuple["QueueAttributeNameType", ...] = (
    "FifoQueue",
    "ContentBasedDeduplication",
    "DelaySeconds",
    "VisibilityTimeout",
)


@dataclass(frozen=True)
class Aws:
    """What was made, and the mails that were sent."""

    made: Made
    mails: list[Mail]


@dataclass(frozen=True)
class Joined:
    """The AWS of a stack that is up in another process, and where its API answers."""

    made: Made
    app_url: str


@contextmanager
def shown_to_others(aws: Aws, app_url: str, path: Path = STACK) -> Iterator[None]:
    """Let other processes on this machine join an AWS meanwhile."""
    facts = {"endpoint": os.environ["AWS_ENDPOINT_URL"], "made": aws.made, "app_url": app_url}
    _write_privately(path, json.dumps(facts))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def joined_aws(path: Path = STACK) -> Iterator[Joined | None]:
    """The AWS of a stack that is up, to which the environment points meanwhile; None when there is none."""
    facts = json.loads(path.read_text()) if path.exists() else None
    if facts is None or not _answers(facts["endpoint"]):
        yield None
        return
    before = _point_to(facts["endpoint"])
    try:
        yield Joined(facts["made"], facts["app_url"])
    finally:
        _restore(before)


def _answers(endpoint: str) -> bool:
    """Whether somebody listens there: what was killed has left its file."""
    parts = urlsplit(endpoint)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True


@contextmanager
def local_aws(template: Template, keys: Path, media: Path) -> Iterator[Aws]:
    """An AWS that the environment points to meanwhile.

    It forgets everything in the end, but for the keys in a file, and pictures in a folder. Raises TemplateError when a
    queue's RedrivePolicy, or a bucket's notification, names no queue of the template.
    """
    mails: list[Mail] = []
    server = _server(mails, media)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="aws", daemon=True)
    thread.start()
    before = _point_to(f"http://127.0.0.1:{server.port}")
    try:
        buckets = of_type(BUCKET, template.resources)
        made = {
            **_make_queues(of_type(QUEUE, template.resources)),
            **_make_buckets(buckets),
            **_make_keys(template, keys),
        }
        if MEDIA in buckets:
            # What was there before is no news to anybody.
            load(media)
        tell_queues(buckets, made)
        yield Aws(made, mails)
    finally:
        _restore(before)
        server.shutdown()
        thread.join()
        _forget()


def verify_sender(sender: str) -> None:
    """Lets SES send mails from an address, which may be `Name <address>`."""
    from moto.ses.models import ses_backends  # noqa: PLC0415 - moto takes a second that other commands need not wait

    ses_backends[ACCOUNT_ID][REGION].verify_email_identity(parseaddr(sender)[1])


def _server(mails: list[Mail], media: Path) -> GatewayServer:
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - as above
        DomainDispatcherApplication,
        create_backend_app,
    )

    app = keeping(recording(DomainDispatcherApplication(create_backend_app), mails), media)
    return GatewayServer(app, "127.0.0.1", 0, _MAX_UPLOAD_BYTES)


def _forget() -> None:
    from moto.core.base_backend import BackendDict  # noqa: PLC0415 - as above

    BackendDict.reset()


def _point_to(url: str) -> dict[str, str]:
    # A profile, an endpoint of one service's or a file of settings would lead a client past this one.
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return before


def _restore(before: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(before)


def _make_queues(queues: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    import boto3  # noqa: PLC0415 - as above

    sqs = boto3.client("sqs")
    made = {}
    for name, properties in queues.items():
        settings = {key: text(properties[key]) for key in _QUEUE_SETTINGS if isinstance(properties.get(key), int)}
        full_name = f"{name}.fifo" if settings.get("FifoQueue") == "true" else name
        url = sqs.create_queue(QueueName=full_name, Attributes=settings)["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{full_name}"
        made[name] = {"Ref": url, "QueueUrl": url, "Arn": arn, "QueueName": full_name}
    for name, properties in queues.items():
        if redrive := properties.get("RedrivePolicy"):
            policy = json.dumps(_redrive(name, redrive, made))
            sqs.set_queue_attributes(QueueUrl=made[name]["Ref"], Attributes={"RedrivePolicy": policy})
    sqs.close()
    return made


def _make_buckets(names: Iterable[str]) -> dict[str, dict[str, str]]:
    import boto3  # noqa: PLC0415 - as above

    s3, made = boto3.client("s3"), {}
    for name in names:
        bucket = name.lower()
        s3.create_bucket(Bucket=bucket)
        made[name] = {"Ref": bucket, "Arn": f"arn:aws:s3:::{bucket}"}
    s3.close()
    return made


def _redrive(name: str, policy: Mapping[str, Any], made: Made) -> dict[str, Any]:
    target = look_up(policy.get("deadLetterTargetArn"), made)
    if target is None:
        found = shown(policy.get("deadLetterTargetArn"))
        raise TemplateError(f"{name}: deadLetterTargetArn must be a queue of the template, found {found}")
    return {**policy, "deadLetterTargetArn": target}


def _make_keys(template: Template, path: Path) -> dict[str, dict[str, str]]:
    """The keys, each with the material it had the last time: what was encrypted then is still to be read."""
    wanted = of_type(KEY, template.resources)
    if not wanted:
        return {}
    from moto.kms.models import kms_backends  # noqa: PLC0415 - as above

    backend = kms_backends[ACCOUNT_ID][REGION]
    kept = json.loads(path.read_text()) if path.exists() else {}
    made = {}
    for name in wanted:
        key = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", name, None)
        known = kept.setdefault(name, {"id": key.id, "material": base64.b64encode(key.key_material).decode()})
        del backend.keys[key.id]
        key.arn = key.arn.replace(key.id, known["id"])
        key.id, key.key_material = known["id"], base64.b64decode(known["material"])
        backend.keys[key.id] = key
        made[name] = {"Ref": key.id, "Arn": key.arn, "KeyId": key.id}
    _write_privately(path, json.dumps(kept, indent=2))
    return made


def _write_privately(path: Path, content: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    path.parent.mkdir(exist_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(content)
    fresh.replace(path)
