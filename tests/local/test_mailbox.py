"""Mails that functions send through SES, on the console and on a page."""

from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client

from local.aws import Aws, verify_sender
from local.gateway import create_app
from local.mailbox import with_mail_page
from tests.local.stack import aws_of

SENDER = "StormCom <no-reply@stormcom.example>"


class Office:
    """SES, and the gateway with its page of mails."""

    def __init__(self, aws: Aws, ses: Any) -> None:
        self._ses, self._gateway = ses, Client(with_mail_page(create_app([]), aws.mails))

    def send(self, *to: str, subject: str = "Hello", sender: str = SENDER, **body: str) -> None:
        parts = {kind: {"Data": data} for kind, data in (body or {"Text": "Hi."}).items()}
        content = {"Simple": {"Subject": {"Data": subject}, "Body": parts}}
        self._ses.send_email(FromEmailAddress=sender, Destination={"ToAddresses": to}, Content=content)

    def send_raw(self, message: EmailMessage, **more: Any) -> None:
        self._ses.send_email(FromEmailAddress=SENDER, Content={"Raw": {"Data": message.as_bytes()}}, **more)

    def read(self, **query: str) -> str:
        page = self._gateway.get("/_local/mail", query_string=query)
        assert (page.status_code, page.content_type) == (200, "text/plain; charset=utf-8")
        return page.get_data(True)

    def ask(self, method: str, path: str) -> int:
        return self._gateway.open(path, method=method).status_code


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with aws_of(tmp_path, "Resources: {}") as (_, aws), closing(boto3.client("sesv2")) as ses:
        verify_sender(SENDER)
        yield Office(aws, ses)


def test_a_mail_is_printed_once_with_its_plain_text(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.send("anne@example.com", subject="Zażółć", Text="Open https://x.example/?token=1\n", Html="<b>Open</b>")

    printed = capsys.readouterr().out
    assert printed.count("To: anne@example.com\nSubject: Zażółć\nDate: ") == 1
    assert "UTC\n\nOpen https://x.example/?token=1\n---" in printed
    assert "<b>" not in printed


def test_the_page_shows_the_newest_first(office: Office) -> None:
    assert office.read() == "No mail.\n"
    for subject in ("first", "second"):
        office.send("anne@example.com", subject=subject)

    page = office.read()
    assert 0 < page.index("Subject: second") < page.index("Subject: first")


def test_the_page_shows_no_more_than_fifty(office: Office) -> None:
    for number in range(51):
        office.send("anne@example.com", subject=f"number {number}.")

    page = office.read()
    assert "number 50." in page
    assert "number 0." not in page


def test_the_page_filters_by_recipient(office: Office) -> None:
    office.send("Anne <anne@example.com>", subject="for Anne")
    office.send("joanne@example.com", subject="for Joanne")
    office.send("ben@example.com", "anne@example.com", subject="for both")

    page = office.read(to="ANNE@example.com")
    assert ("for Anne" in page, "for Joanne" in page, "for both" in page) == (True, False, True)
    assert office.read(to="nobody@example.com") == "No mail.\n"


def test_a_mail_that_has_html_alone_shows_it(office: Office) -> None:
    office.send("anne@example.com", Html="<p>Hi.</p>")

    assert "<p>Hi.</p>" in office.read()


def test_a_raw_mail_shows_its_plain_part(office: Office) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = "Anne <anne@example.com>", "Zażółć"
    message.set_content("gęślą jaźń")
    message.add_alternative("<b>gęślą</b>", subtype="html")
    office.send_raw(message, Destination={"ToAddresses": ["ben@example.com"]})
    office.send_raw(message)

    assert "To: ben@example.com\nSubject: Zażółć\n" in office.read(to="ben@example.com")
    assert "To: Anne <anne@example.com>\nSubject: Zażółć\n" in office.read(to="anne@example.com")
    assert "\n\ngęślą jaźń\n---" in office.read()


def test_a_mail_that_ses_refuses_is_not_there(office: Office) -> None:
    with pytest.raises(ClientError):
        office.send("anne@example.com", sender="stranger@example.com")

    assert office.read() == "No mail.\n"


def test_everything_else_is_for_the_gateway(office: Office) -> None:
    assert [office.ask("POST", "/_local/mail"), office.ask("GET", "/_local")] == [404, 404]
