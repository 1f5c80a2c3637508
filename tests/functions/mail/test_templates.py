"""What mails say: each template, whatever people call themselves and their stores."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from functions.mail import rendering
from functions.mail.rendering import render

TEMPLATES = sorted(path.stem for path in Path(rendering.__file__).with_name("templates").glob("*.txt"))
LINK = "https://app.example.com/join?token=stc_x"
PLAIN = dict.fromkeys(("name", "store", "inviter", "change", "resource", "shop"), "Ada") | {
    "used": "8",
    "limit": "10",
    "order_number": "ORD-1001",
    "total": "49.00",
    "amount": "9.00",
    "currency": "EUR",
    "lines": [
        {"name": name, "quantity": 2, "total": "9.00", "sku": "L-1", "available": "2", "threshold": "5"}
        for name in ("Desk lamp", "Bulb")
    ],
    "mail": "1",
    "unsubscribe": LINK,
    "count": "2",
    "more": "3",
    "what": "trial",
    "days": "3",
    "ends_on": "2026-11-09",
    "closes_on": "2026-11-16",
    "tracking": {"carrier": "DHL", "number": "JD01", "url": "https://dhl.example/JD01"},
    "certificate_num": "C-1",
    "decision": "approved",
    "expires_on": "2027-01-01",
    "reason": "",
    "customer_id": "c1",
}
HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onclick="alert(1)" x=\'',
    "header": "Ada\r\nBcc: eve@example.com\r\n\r\nBuy now",
    "paragraph": "Ada\n\nYour account was robbed. Call us:\n\n+1 555 0100",
    "separators": "Ada\u2028\u2029\x85\x0b\x0cEve",
    "first line": "\nAda",
    "controls": "A\x07d\x1b[31ma\x7f",
    "turned around": "Ada \u202egpj.exe\u2066",
    "template": "{{ 7 * 191 }}{% raw %}{{ link }}",
    "long": "x" * 200,
}


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def letter(template: str, **facts: Any) -> rendering.Letter:
    return render(template, "ada@example.com", PLAIN | {"link": LINK, "token": "stc_x"} | facts)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_has_a_subject_and_says_the_same_in_text_and_html(template: str) -> None:
    written = letter(template)
    assert 5 < len(written.subject) < 80
    assert written.subject not in written.text
    page = Page(written.html)
    assert re.sub(r"\s+", "", written.text) == re.sub(r"\s+", "", page.text)
    assert {value for name, value in page.attributes if name == "href"} == ({LINK} if LINK in written.text else set())
    assert "{" not in written.subject + written.text
    assert "None" not in written.subject + written.text


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_hostile_name_stays_a_name(template: str, kind: str) -> None:
    plain = letter(template)
    hostile = letter(template, name=HOSTILE[kind], store=HOSTILE[kind], inviter=HOSTILE[kind], shop=HOSTILE[kind])
    assert "".join(hostile.subject.splitlines()) == hostile.subject
    assert not [character for character in hostile.subject if ord(character) < 32 or ord(character) == 127]
    assert hostile.text.count("\n") == plain.text.count("\n")
    assert not set(hostile.text) & {"\x07", "\x1b", "\x7f", "\r", "\u2028", "\u202e", "\u2066"}
    assert "1337" not in hostile.text
    before, after = Page(plain.html), Page(hostile.html)
    assert (after.tags, after.attributes) == (before.tags, before.attributes)


def test_a_name_is_shown_as_it_is_written() -> None:
    written = letter("invitation", store="Smith & Sons <Ltd>", inviter="\u0141ukasz O'Neil")
    assert written.subject == "\u0141ukasz O'Neil invites you to Smith & Sons <Ltd>"
    assert "Smith & Sons <Ltd>" in written.text
    assert "Smith &amp; Sons &lt;Ltd&gt;" in written.html
    assert "Smith & Sons <Ltd>" in Page(written.html).text


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_missing_fact_is_a_fault_and_no_mail(template: str) -> None:
    with pytest.raises(UndefinedError):
        render(template, "ada@example.com", {})


def test_who_has_no_name_is_greeted_without_one() -> None:
    assert letter("verify", name="").text.startswith("Hello,\n")
    assert letter("verify", name="Ada").text.startswith("Hello Ada,\n")
