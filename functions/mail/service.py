"""Sending a mail about an account, once as far as that can be known.

Each step is committed, so that a crash between any two loses nothing: take the mail for a while; write it, with its
link; hand it to SES; note that it has left. Only a crash just after SES took it can send it twice, with two links that
both work. What cannot be written or sent is tried ten times, ever later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from functions.mail.rendering import Letter, render
from shared.models import AccountMail, StaffInvitation, User, VerificationToken
from shared.models.base import now
from shared.settings import settings
from shared.tenancy import identity_session
from shared.tenant_session import TenantSession
from shared.tokens import new_token, token_hash

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_HELD = timedelta(minutes=2)
"""How long a mail is one worker's; then it is tried again, later each time."""
_TRIES = 10
_BATCH = 50


@dataclass(frozen=True, slots=True)
class _Link:
    """What a mail's link is good for, and how long."""

    page: str
    purpose: str
    lasts: timedelta


_LINKS = {
    "verify": _Link("verify-email", "verify", timedelta(hours=24)),
    "reset": _Link("reset-password", "reset", timedelta(hours=1)),
    "locked": _Link("unlock", "unlock", timedelta(hours=1)),
    "invitation": _Link("join", "invitation", timedelta(days=7)),
}


def due() -> list[str]:
    """The mails that should have left by now, oldest first."""
    with identity_session() as session:
        query = (
            select(AccountMail.id)
            .where(AccountMail.sent_at.is_(None), AccountMail.available_at <= now(), AccountMail.attempts < _TRIES)
            .order_by(AccountMail.available_at)
            .limit(_BATCH)
        )
        return list(session.scalars(query))


def send(mail_id: str) -> None:
    """Send a mail, unless it has left, is another worker's, or nobody should have it. Raises what SES raises."""
    with identity_session() as session:
        if not _take(session, mail_id):
            return
    with identity_session() as session:
        letter = _written(session, session.get_one(AccountMail, mail_id), now())
    if letter is None:
        return
    provider_id = hand_over(letter, settings().mail_from)
    with identity_session() as session:
        mail = session.get_one(AccountMail, mail_id)
        mail.sent_at, mail.provider_id = now(), provider_id


def hand_over(letter: Letter, sender: str, reply_to: str | None = None) -> str:
    """Give a mail to SES. Returns SES's id of it; raises what SES raises."""
    answer = _ses().send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [letter.recipient]},
        ReplyToAddresses=[reply_to] if reply_to else [],
        Content={
            "Simple": {
                "Subject": {"Data": letter.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": letter.text, "Charset": "UTF-8"},
                    "Html": {"Data": letter.html, "Charset": "UTF-8"},
                },
                "Headers": [{"Name": name, "Value": value} for name, value in letter.headers.items()],
            }
        },
    )
    return answer["MessageId"]


def held_until(moment: datetime, attempts: int) -> datetime:
    """Until when a mail is the worker's who has just begun its so-many-th attempt."""
    return moment + _HELD * (1 << min(attempts - 1, 8))


def _take(session: TenantSession, mail_id: str) -> bool:
    moment = now()
    mail = session.scalar(
        select(AccountMail)
        .where(AccountMail.id == mail_id, AccountMail.sent_at.is_(None), AccountMail.available_at <= moment)
        .where(AccountMail.attempts < _TRIES)
        .with_for_update(skip_locked=True)
    )
    if mail is None:
        return False
    mail.attempts += 1
    mail.available_at = held_until(moment, mail.attempts)
    return True


def _written(session: TenantSession, mail: AccountMail, moment: datetime) -> Letter | None:
    """The mail as it leaves, with its link; one that nobody should have is marked as done."""
    letter = _addressed(session, mail, moment)
    if letter is None:
        mail.sent_at = moment
    return letter


def _addressed(session: TenantSession, mail: AccountMail, moment: datetime) -> Letter | None:
    user = session.scalar(select(User).where(User.email == mail.recipient))
    template = mail.template
    if template == "register":
        template = "verify" if user and user.email_verified is None else "registered_already"
    subject = mail.details.get("invitation_id") if template == "invitation" else user.id if user else None
    if template in _NEEDS_USER and (user is None or (template == "verify" and user.email_verified)):
        return None
    if template == "invitation" and session.get(StaffInvitation, subject) is None:
        return None
    # Until the address is proved, anybody may have chosen the name: what it says is not ours to pass on.
    facts = dict(mail.details) | {"name": (user.name if user and user.email_verified else None) or ""}
    if template in _LINKS:
        token = _make_link(session, _LINKS[template], str(subject), moment)
        facts |= {"token": token, "link": f"{settings().app_url}/{_LINKS[template].page}?token={token}"}
    return render(template, mail.recipient, facts)


_NEEDS_USER = {"verify", "reset", "locked", "password_changed", "mfa_changed", "registered_already"}


def _make_link(session: TenantSession, link: _Link, subject: str, moment: datetime) -> str:
    token = new_token()
    session.add(
        VerificationToken(
            identifier=f"{link.purpose}:{subject}", token_hash=token_hash(token), expires=moment + link.lasts
        )
    )
    return token


@cache
def _ses() -> "SESV2Client":
    import boto3  # noqa: PLC0415 - most of a cold start, and not needed to find that nothing is due

    return boto3.client("sesv2")
