"""What is wrong with a row."""

from dataclasses import dataclass

from shared.models.enums import Severity


@dataclass(frozen=True, slots=True)
class Issue:
    """A row's number, as a spreadsheet shows it, and what is wrong. `suggestion` is a SKU that is free."""

    row: int
    sku: str | None
    severity: str
    code: str
    message: str
    suggestion: str | None = None


def error(row: int, code: str, message: str, sku: str | None = None, suggestion: str | None = None) -> Issue:
    """Something that kept the row out."""
    return Issue(row, sku, Severity.ERROR, code, message, suggestion)


def warning(row: int, code: str, message: str, sku: str | None = None) -> Issue:
    """Something that did not."""
    return Issue(row, sku, Severity.WARNING, code, message)
