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
    """Arguments: the query, its words as prefixes, the SQLite condition."""

    inherit_cache = True
    type = Boolean()


class _Rank(FunctionElement[float]):
    """Arguments: the query, its words as prefixes, the SQLite score."""

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
    prefixes = " & ".join(f"{word}:*" for word in _words(text))
    return [bindparam(None, text, Text()), bindparam(None, prefixes, Text())]


def _searched() -> list[Any]:
    return [Product.name, Product.sku, Product.short_description, Product.description]


def _tsquery(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    query, prefixes, _ = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"(websearch_to_tsquery('english', {query}) || to_tsquery('simple', {prefixes}))"


@compiles(_Matches, "postgresql")
def _matches_postgresql(element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"products.search_vector @@ {_tsquery(element, compiler, **kw)}"


@compiles(_Rank, "postgresql")
def _rank_postgresql(element: _Rank, compiler: SQLCompiler, **kw: Any) -> str:
    return f"ts_rank(products.search_vector, {_tsquery(element, compiler, **kw)})::float8"


@compiles(_Matches, "sqlite")
@compiles(_Rank, "sqlite")
def _third_sqlite(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(list(element.clauses)[2], **kw)})"
