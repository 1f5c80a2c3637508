"""Finding products by words: PostgreSQL's full-text search, or substrings on SQLite."""

import re
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Double, Text, and_, bindparam, case, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from shared.models import Product

_MAX_WORDS = 12


class _Matches(FunctionElement[bool]):
    """Arguments: the query's parts (see `_terms`), the SQLite condition."""

    inherit_cache = True
    type = Boolean()


class _Rank(FunctionElement[float]):
    """Arguments: the query's parts (see `_terms`), the SQLite score."""

    inherit_cache = True
    type = Double()


def matches(words: str) -> ColumnElement[bool]:
    """Whether a product has all the words, the last of which may be unfinished."""
    found = [or_(*(contains(column, word) for column in _searched())) for word in _words(words)]
    return _Matches(*_terms(words), and_(literal(True), *found) if found else literal(False))


def rank(words: str) -> ColumnElement[float]:
    """How well a product matches; more is better."""
    score: ColumnElement[Any] = literal(0.0, Double())
    for word in _words(words):
        score = score + case((contains(Product.name, word), 1.0), else_=0.0)
    return _Rank(*_terms(words), score)


def contains(column: Any, part: str) -> ColumnElement[bool]:
    """Whether text contains a part, in any case; % and _ have no special meaning."""
    return column.icontains(part, autoescape=True)  # type: ignore[no-any-return]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)[:_MAX_WORDS]


def _terms(text: str) -> list[ColumnElement[Any]]:
    """The whole text; what stands before its last word, as typed and as mere words; the last word as a prefix."""
    found = list(re.finditer(r"\w+", text))
    before = text[: found[-1].start()] if found else ""
    prefix = f"{found[-1].group()}:*" if found else ""
    words = " ".join(word.group() for word in found[:-1])
    return [bindparam(None, part, Text()) for part in (text, before, words, prefix)]


def _searched() -> list[Any]:
    return [Product.name, Product.sku, Product.short_description, Product.description]


def _tsquery(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    # Never websearch_to_tsquery: to it a leading hyphen means "not". Texts hold stems, SKUs words as they are, and the
    # last word may be the beginning of either; its stem as a prefix would find cleaners for "cleaning". An empty query,
    # as of stop words alone, asks for nothing in && and ||.
    text, before, words, prefix = [compiler.process(clause, **kw) for clause in list(element.clauses)[:-1]]
    begun = f"to_tsquery('simple', {prefix})"
    in_texts = f"(plainto_tsquery('english', {before}) && {begun})"
    in_skus = f"(plainto_tsquery('simple', {words}) && {begun})"
    return f"(plainto_tsquery('english', {text}) || {in_texts} || {in_skus})"


@compiles(_Matches, "postgresql")
def _matches_postgresql(element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"products.search_vector @@ {_tsquery(element, compiler, **kw)}"


@compiles(_Rank, "postgresql")
def _rank_postgresql(element: _Rank, compiler: SQLCompiler, **kw: Any) -> str:
    return f"ts_rank(products.search_vector, {_tsquery(element, compiler, **kw)})::float8"


@compiles(_Matches, "sqlite")
@compiles(_Rank, "sqlite")
def _third_sqlite(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(list(element.clauses)[-1], **kw)})"
