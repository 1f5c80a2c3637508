"""Mails about accounts: a row beside the change that it tells of, a message to the mailer once that is committed."""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal

from shared.models import AccountMail
from shared.models.base import new_id, now
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


Template = Literal[
    "register", "verify", "reset", "locked", "password_changed", "mfa_changed", "invitation", "plan_limit_near"
]


def send_later(
    session: TenantSession, template: Template, recipient: str, details: Mapping[str, str] | None = None
) -> str:
    """Ask for a mail. It leaves after the commit; what a crash leaves behind, the mailer's schedule finds.

    Whether the address has an account is for the mailer to see, so that asking takes the same time for all. Returns the
    mail's id.
    """
    mail = AccountMail(
        id=new_id(), template=template, recipient=recipient, details=dict(details or {}), available_at=now()
    )
    session.add(mail)
    after_commit(session, lambda: _tell_mailer(mail.id))
    return mail.id


def _tell_mailer(mail_id: str) -> None:
    queue = settings().mail_queue_url
    if queue:
        _sqs().send_message(QueueUrl=queue, MessageBody=json.dumps({"account_mail_id": mail_id}))


@cache
def _sqs() -> "SQSClient":
    import boto3  # noqa: PLC0415 - costs a third of a second, and few requests send mail

    return boto3.client("sqs")
