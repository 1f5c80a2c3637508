"""Finding products by words: PostgreSQL's full-text search in a function of ours, or substrings on SQLite."""

import html
import re
import sys
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Select,
    Text,
    and_,
    bindparam,
    case,
    column,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from shared.models import Brand, Product, Variant
from shared.tenant_session import TenantSession

_MAX_WORDS = 12
_BEGIN, _END = "\x02", "\x03"
_WHOLE = f'HighlightAll=true, StartSel="{_BEGIN}", StopSel="{_END}"'
_PART = f'MaxWords=30, MinWords=12, StartSel="{_BEGIN}", StopSel="{_END}"'


class _Headline(FunctionElement[str]):
    """Arguments: the query's parts (see `_terms`), the options, the column."""

    inherit_cache = True
    type = Text()


def hits(session: TenantSession, words: str) -> CTE:
    """The products of the store with these words, as `product_id` and `rank`, where more is better.

    All words must be there, the last of which may be unfinished: in the name, the SKU, a text or the brand's name.
    A variant's SKU is found by how it begins. When nothing is found, words that are nearly so do (not on SQLite).
    """
    if session.get_bind().dialect.name == "sqlite":
        return _substrings(words).cte("hits")
    columns: list[Any] = [column("product_id", Text()), column("rank", Double())]
    found = func.app.search_products(*_terms(words)).table_valued(*columns, name="found")
    return select(found.c.product_id, found.c.rank).cte("hits")


def named(session: TenantSession, part: str) -> ColumnElement[bool]:
    """Whether a product's name contains a part, in any case."""
    if session.get_bind().dialect.name == "sqlite" or len(part) < 3:
        return contains(Product.name, part)
    found = func.app.products_named(bindparam(None, part, Text())).column_valued("named")
    return Product.id.in_(select(found))


def contains(column: Any, part: str) -> ColumnElement[bool]:
    """Whether text contains a part, in any case; % and _ have no special meaning."""
    return column.icontains(part, autoescape=True)  # type: ignore[no-any-return]


def begins_with(session: TenantSession, column: Any, beginning: str) -> ColumnElement[bool]:
    """Whether text begins with these characters, in this case, by an index of `text_pattern_ops`.

    LIKE would be as short, but may look at rows of other stores before row-level security has hidden them, so
    PostgreSQL does not let it near an index; comparisons it does.
    """
    last = beginning + chr(sys.maxunicode)
    if session.get_bind().dialect.name == "sqlite":
        return and_(column >= beginning, column <= last)
    return and_(column.op("~>=~")(beginning), column.op("~<=~")(last))


def headline(text: Any, words: str, *, whole: bool = False) -> ColumnElement[str]:
    """A text, or its most telling part, with signs around the words that were found; see `marked`."""
    return _Headline(*_terms(words), bindparam(None, _WHOLE if whole else _PART, Text()), text)


def marked(text: str, words: str) -> str:
    """What `headline` gave as HTML, where `<mark>` stands around what was found and all else is plain text."""
    safe = html.escape(html.unescape(re.sub(r"<[^>]*>", " ", text)), quote=False)
    if _BEGIN not in safe and (typed := _words(words)):
        either = "|".join(re.escape(html.escape(word, quote=False)) for word in sorted(typed, key=len, reverse=True))
        safe = re.sub(rf"\b({either})", rf"{_BEGIN}\1{_END}", safe, flags=re.IGNORECASE)
    return " ".join(safe.replace(_BEGIN, "<mark>").replace(_END, "</mark>").split())


def _substrings(words: str) -> Select[Any]:
    typed = _words(words)
    everywhere = and_(*(_somewhere(word) for word in typed)) if typed else false()
    begun = Variant.sku.istartswith(words, autoescape=True)
    by_sku = Product.id.in_(select(Variant.product_id).where(begun, Variant.is_active))
    score: ColumnElement[Any] = literal(0.0, Double())
    for word in typed:
        score = score + case((contains(Product.name, word), 1.0), else_=0.0)
    return select(Product.id.label("product_id"), score.label("rank")).where(or_(everywhere, by_sku))


def _somewhere(word: str) -> ColumnElement[bool]:
    texts = (Product.name, Product.sku, Product.short_description, Product.description)
    brand = select(Brand.id).where(Brand.is_active, contains(Brand.name, word))
    return or_(*(contains(text, word) for text in texts), Product.brand_id.in_(brand))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)[:_MAX_WORDS]


def _terms(text: str) -> list[ColumnElement[Any]]:
    """The whole text; what stands before its last word, as typed and as mere words; the last word as a prefix."""
    found = list(re.finditer(r"\w+", text))
    before = text[: found[-1].start()] if found else ""
    prefix = f"{found[-1].group()}:*" if found else ""
    words = " ".join(word.group() for word in found[:-1])
    return [bindparam(None, part, Text()) for part in (text, before, words, prefix)]


@compiles(_Headline, "postgresql")
def _headline_postgresql(element: _Headline, compiler: SQLCompiler, **kw: Any) -> str:
    # The query of app.search_products. Never websearch_to_tsquery: to it a leading hyphen means "not".
    text, before, words, prefix, options, shown = [compiler.process(clause, **kw) for clause in element.clauses]
    begun = f"to_tsquery('simple', {prefix})"
    in_texts = f"(plainto_tsquery('english', {before}) && {begun})"
    in_skus = f"(plainto_tsquery('simple', {words}) && {begun})"
    query = f"plainto_tsquery('english', {text}) || {in_texts} || {in_skus}"
    return f"ts_headline('english', {shown}, {query}, {options})"


@compiles(_Headline, "sqlite")
def _headline_sqlite(element: _Headline, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(list(element.clauses)[-1], **kw)
