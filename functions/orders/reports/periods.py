"""The days that a report is of, as the store's clock has them, and the days before that they compare with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from shared.errors import FieldError, invalid
from shared.models import Store
from shared.models.base import now
from shared.tenant_session import TenantSession

By = Literal["day", "week", "month"]
_USUAL = timedelta(days=29)
_MOST_DAYS = 3660
_MOST_BUCKETS = 400
_SHORTEST: dict[By, int] = {"day": 1, "week": 7, "month": 28}


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both among them, in a time zone; `currency` is the store's."""

    first: date
    last: date
    zone: str
    currency: str

    @property
    def start(self) -> datetime:
        """The moment the first day begins."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The moment the last day is over."""
        return self._midnight(self.last + timedelta(days=1))

    @property
    def previous(self) -> "Period":
        """As many days before it."""
        length = self.last - self.first + timedelta(days=1)
        return Period(self.first - length, self.last - length, self.zone, self.currency)

    def buckets(self, by: By) -> Iterator[tuple[date, date]]:
        """The days, weeks from Monday on, or months that it consists of; the first and the last may be cut short."""
        first = self.first
        while first <= self.last:
            last = min(_last_of(first, by), self.last)
            yield first, last
            first = last + timedelta(days=1)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)


def period_of(session: TenantSession, first: date | None, last: date | None, by: By | None = None) -> Period:
    """The days asked for: the last 30 to today unless given. Raises InvalidError for a wrong order or too many."""
    store = session.execute(select(Store.timezone, Store.currency)).one()
    last = last or max(now().astimezone(ZoneInfo(store.timezone)).date(), first or date.min)
    first = first or last - _USUAL
    days = (last - first).days + 1
    if days < 1:
        raise invalid([FieldError(loc=["query", "to"], message="Must not be before `from`.")])
    if days > _MOST_DAYS or (by is not None and days > _MOST_BUCKETS * _SHORTEST[by]):
        most = _MOST_DAYS if by is None else min(_MOST_DAYS, _MOST_BUCKETS * _SHORTEST[by])
        raise invalid([FieldError(loc=["query", "from"], message=f"At most {most} days at once.")])
    return Period(first, last, store.timezone, store.currency)


def _last_of(day: date, by: By) -> date:
    if by == "day":
        return day
    if by == "week":
        return day + timedelta(days=6 - day.weekday())
    following = day.replace(day=28) + timedelta(days=4)
    return following - timedelta(days=following.day)
