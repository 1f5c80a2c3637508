"""What is printed on a paper, read back from its PDF."""

import unicodedata
from io import BytesIO

from pypdf import PdfReader

from tests.calls import Answer


def pages(answer: Answer) -> list[str]:
    """The text of each page, in the letters that people write (a shaped Arabic letter has a code of its own)."""
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    reader = PdfReader(BytesIO(answer.content))
    return [unicodedata.normalize("NFKC", page.extract_text()) for page in reader.pages]


def whole(answer: Answer) -> str:
    """The text of all pages."""
    return "\n".join(pages(answer))
