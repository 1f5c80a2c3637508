"""What stands in a cell: amounts, yes and no, lists, and text that no spreadsheet may take for a formula."""

import re
from collections.abc import Iterable, Mapping, Sequence

_YES, _NO = {"true", "yes", "y", "1", "x", "on"}, {"false", "no", "n", "0", "off"}
_CURRENCY = r"(?:[A-Za-z]{3}|[$€£¥₹₺₩₽]|zł|kr)?"
_AMOUNT = re.compile(rf"{_CURRENCY}\s*(?P<number>\d[\d.,'\u2019\s]*?)\s*{_CURRENCY}")
_THOUSANDS = {
    ",": re.compile(r"\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}"),
    ".": re.compile(r"\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}"),
}
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_PLAIN = re.compile(r"\d+(\.\d+)?")


def amount(text: str) -> str:
    """A number as JSON has it, from `19.99`, `19,99`, `$1,299.00` or `1.299,00 EUR`.

    What could be read in two ways, such as `1,299`, and what is no number comes back as it is: the schema refuses it.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return text
    number = re.sub(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))", "", found["number"])
    if _PLAIN.fullmatch(number):
        return number
    if _THOUSANDS[","].fullmatch(number):
        return number.replace(",", "")
    if _THOUSANDS["."].fullmatch(number):
        return number.replace(".", "").replace(",", ".")
    return number.replace(",", ".") if _DECIMAL_COMMA.fullmatch(number) else text


def flag(text: str) -> bool | str:
    """True or False, or the text for the schema to refuse."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else text


def units(text: str) -> str:
    """A count, without the `.0` that spreadsheets append."""
    return re.sub(r"\.0+$", "", text.strip())


def split(text: str, separator: str) -> list[str]:
    """The parts between separators, without the blanks around them and without empty ones.

    A backslash before a separator, or before another backslash, makes it plain text.
    """
    return [part for raw in _pieces(text, separator) if (part := _plain(raw, separator).strip())]


def join(parts: Iterable[str], separator: str) -> str:
    """The reverse of `split`."""
    return separator.join(_escaped(part, separator) for part in parts)


def split_map(text: str) -> dict[str, list[str]]:
    """`color=Black|White;size=S` as names with their values; a name without `=` has none."""
    found: dict[str, list[str]] = {}
    for raw in _pieces(text, ";"):
        name, *rest = _pieces(raw, "=")
        key = _unescaped(name).strip()
        if key:
            values = [value for part in _pieces("=".join(rest), "|") if (value := _unescaped(part).strip())]
            found[key] = [*found.get(key, []), *values]
    return found


def join_map(pairs: Mapping[str, Sequence[str]]) -> str:
    """The reverse of `split_map`."""
    return ";".join(f"{_all_escaped(name)}={'|'.join(map(_all_escaped, values))}" for name, values in pairs.items())


def _pieces(text: str, separator: str) -> list[str]:
    """The raw parts between separators that no backslash stands before."""
    pieces, escaped = [""], False
    for sign in text:
        if sign == separator and not escaped:
            pieces.append("")
        else:
            pieces[-1] += sign
        escaped = sign == "\\" and not escaped
    return pieces


def _plain(text: str, separator: str) -> str:
    return re.sub(rf"\\([\\{re.escape(separator)}])", r"\1", text)


def _escaped(text: str, separator: str) -> str:
    return re.sub(rf"([\\{re.escape(separator)}])", r"\\\1", text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\;=|])", r"\1", text)


def _all_escaped(text: str) -> str:
    return re.sub(r"([\\;=|])", r"\\\1", text)
