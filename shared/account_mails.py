"""Mails about accounts: a row beside the change that it tells of, a message to the mailer once that is committed."""

from collections.abc import Mapping
from typing import Any, Literal

from shared.models import AccountMail
from shared.models.base import new_id, now
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

Template = Literal[
    "register",
    "verify",
    "reset",
    "locked",
    "password_changed",
    "mfa_changed",
    "invitation",
    "plan_limit_near",
    "subscription_ends",
    "subscription_ended",
    "store_suspended",
    "low_stock",
]


def send_later(
    session: TenantSession, template: Template, recipient: str, details: Mapping[str, Any] | None = None
) -> str:
    """Ask for a mail. It leaves after the commit; what a crash leaves behind, the mailer's schedule finds.

    Whether the address has an account is for the mailer to see, so that asking takes the same time for all. Returns the
    mail's id.
    """
    mail = AccountMail(
        id=new_id(), template=template, recipient=recipient, details=dict(details or {}), available_at=now()
    )
    session.add(mail)
    after_commit(session, lambda: send(settings().mail_queue_url, {"account_mail_id": mail.id}))
    return mail.id
