"""Column types that mean the same on PostgreSQL and SQLite, whatever each stores."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

E = TypeVar("E", bound=StrEnum)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Scaled(TypeDecorator[Decimal]):
    """Decimal in Python on both databases; on SQLite an integer count of the smallest unit, never a float."""

    impl = Numeric
    cache_ok = True
    coerce_to_is_types = (type(None),)

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale
        self.unit, self.limit = Decimal(1).scaleb(-scale), Decimal(10) ** (precision - scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = BigInteger() if dialect.name == "sqlite" else Numeric(self.precision, self.scale)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal | int) or isinstance(value, bool):
            raise TypeError(f"an amount is a Decimal, not {type(value).__name__}")
        exact = Decimal(value)
        if exact != exact.quantize(self.unit):
            raise ValueError(f"{value} has more than {self.scale} decimals; round it where the rule says how")
        if abs(exact) >= self.limit:
            raise ValueError(f"{value} is not below {self.limit}")
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)


class Money(Scaled):
    """An amount in the store's currency: 10 digits and up to 3 decimals (docs/decisions/0003)."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(13, 3)


class Rate(Scaled):
    """A share of one: 0.075000 is 7.5 per cent."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(7, 6)


class Measure(Scaled):
    """Kilograms or centimetres, to the gram or hundredth of a millimetre."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(10, 3)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its zone; use datetime.now(UTC)")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class EnumText(TypeDecorator[E]):
    """A StrEnum stored as text; Base adds the CHECK, so that a value can be added without a lock on the type."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.enum(value)


class utc_now(FunctionElement[datetime]):  # noqa: N801 - used like a SQL function
    """The database's clock, for server defaults."""

    inherit_cache = True
    type = UtcDateTime()


@compiles(utc_now, "postgresql")
def _utc_now_postgresql(element: utc_now, compiler: SQLCompiler, **kw: Any) -> str:
    return "CURRENT_TIMESTAMP"


@compiles(utc_now, "sqlite")
def _utc_now_sqlite(element: utc_now, compiler: SQLCompiler, **kw: Any) -> str:
    # Microseconds as SQLAlchemy writes them: text of one length compares in time order.
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
