"""Mails to customers: an event beside the change it tells of, which the mailer turns into a mail."""

from typing import Any

from shared.outbox import publish
from shared.settings import settings
from shared.tenant_session import TenantSession

UNSUBSCRIBE = "unsubscribe"
"""The purpose of the token of a link that ends a shop's mails."""


def mail_later(session: TenantSession, template: str, recipient: str, **facts: Any) -> None:
    """Ask for a mail in the shop's name. Links in it are made when it is sent, so that no row holds a token."""
    payload = {"template": template, "recipient": recipient, **facts}
    publish(session, "shop_mail", payload, settings().mail_queue_url)
