"""The mails that functions send through SES: on the console as they leave, and all of them at /_local/mail."""

import base64
import email
import email.policy
import io
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE = "/_local/mail"
NEWEST = 50
_SEND = "/v2/email/outbound-emails"
_LINE = "-" * 72


@dataclass(frozen=True)
class Mail:
    """A mail as its readers see it."""

    recipients: tuple[str, ...]
    subject: str
    text: str
    sent: datetime

    def is_to(self, address: str) -> bool:
        """Whether the bare address is among the recipients."""
        return address.lower() in {found.lower() for _, found in getaddresses(self.recipients)}


def recording(aws: "WSGIApplication", mails: list[Mail]) -> "WSGIApplication":
    """The stand-in for AWS, with each mail that it accepts added to `mails` and printed.

    It is read off the wire, as moto keeps no text of a mail that has HTML too.
    """

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != _SEND:
            return aws(environ, start_response)
        sent = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(sent)
        response = Response.from_app(aws, environ, buffered=True)
        if response.status_code == 200:
            mails.append(_mail(json.loads(sent)))
            sys.stdout.write(f"{_LINE}\n{_shown(mails[-1])}")
            sys.stdout.flush()
        return response(environ, start_response)

    return app


def with_mail_page(gateway: "WSGIApplication", mails: list[Mail]) -> "WSGIApplication":
    """The gateway, with a page of its own that shows the newest mails; `?to=` asks for one recipient's."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != PAGE or environ["REQUEST_METHOD"] != "GET":
            return gateway(environ, start_response)
        address = Request(environ).args.get("to")
        found = [mail for mail in reversed(mails[:]) if not address or mail.is_to(address)]
        page = "".join(_shown(mail) for mail in found[:NEWEST]) or "No mail.\n"
        return Response(page, content_type="text/plain; charset=utf-8")(environ, start_response)

    return app


def _mail(request: dict[str, Any]) -> Mail:
    destination = request.get("Destination") or {}
    recipients = tuple(address for kind in ("To", "Cc", "Bcc") for address in destination.get(f"{kind}Addresses") or ())
    content = request["Content"]
    if "Raw" in content:
        return _raw_mail(base64.b64decode(content["Raw"]["Data"]), recipients)
    body = content["Simple"]["Body"]
    text = (body.get("Text") or body["Html"])["Data"]
    return Mail(recipients, content["Simple"]["Subject"]["Data"], text, datetime.now(UTC))


def _raw_mail(data: bytes, recipients: tuple[str, ...]) -> Mail:
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    named = tuple(str(header) for name in ("To", "Cc", "Bcc") for header in message.get_all(name, []))
    return Mail(recipients or named, str(message["Subject"]), body.get_content() if body else "", datetime.now(UTC))


def _shown(mail: Mail) -> str:
    head = f"To: {', '.join(mail.recipients)}\nSubject: {mail.subject}\nDate: {mail.sent:%Y-%m-%d %H:%M:%S} UTC\n"
    return f"{head}\n{mail.text.rstrip()}\n{_LINE}\n"
