"""Mails from templates: a text file holds the subject in its first line, then the text; a frame makes the HTML."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be sent."""

    recipient: str
    subject: str
    text: str
    html: str


def render(template: str, recipient: str, facts: dict[str, Any]) -> Letter:
    """A mail from a template. Raises jinja2's UndefinedError when a fact is missing."""
    written = _environment().get_template(f"{template}.txt").render(facts).strip()
    subject, _, text = written.partition("\n")
    paragraphs = [part.strip() for part in text.strip().split("\n\n")]
    html = _environment().get_template("frame.html").render(paragraphs=paragraphs, link=facts.get("link"))
    # A line break in a name must not begin another header.
    return Letter(recipient, " ".join(subject.split()), text.strip() + "\n", html)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
