"""Mails from templates: a text file holds the subject in its first line, then the text; a frame makes the HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

# What turns text around, and what is no letter at all.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be sent."""

    recipient: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside those that SES writes by itself."""


def render(template: str, recipient: str, facts: dict[str, Any]) -> Letter:
    """A mail from a template. Raises jinja2's UndefinedError when a fact is missing."""
    facts = {name: _plain(value) for name, value in facts.items()}
    written = _environment().get_template(f"{template}.txt").render(facts).strip()
    subject, _, text = written.partition("\n")
    paragraphs = [part.strip() for part in text.strip().split("\n\n") if part.strip()]
    links = [facts.get(name) for name in ("link", "unsubscribe")]
    html = _environment().get_template("frame.html").render(paragraphs=paragraphs, links=links)
    return Letter(recipient, subject.strip(), "\n\n".join(paragraphs) + "\n", html, _one_click(facts))


def _one_click(facts: Mapping[str, Any]) -> dict[str, str]:
    """What lets a mail program show a button that ends such mails (RFC 8058), if there is an address."""
    url = facts.get("one_click")
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url else {}


def one_line(fact: str) -> str:
    """A fact as part of a sentence: a name must not begin another paragraph, nor another header."""
    return _CONTROL.sub("", " ".join(fact.split()))


def _plain(fact: Any) -> Any:
    """A fact, or a list or object of facts, each as part of a sentence."""
    if isinstance(fact, dict):
        return {str(name): _plain(value) for name, value in fact.items()}
    if isinstance(fact, list | tuple):
        return [_plain(value) for value in fact]
    return "" if fact is None else one_line(str(fact))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
