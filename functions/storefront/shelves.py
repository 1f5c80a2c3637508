"""Which categories shoppers see."""

from sqlalchemy import CTE, ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from shared.models import Category


def on_show() -> ColumnElement[bool]:
    """Whether a category shows: it is active and lies in no other, or in one that shows."""
    return Category.id.not_in(select(_HIDDEN.c.id))


def _hidden() -> CTE:
    """Inactive categories, those whose parent is gone, and all that lies in them."""
    parent = aliased(Category)
    # The session leaves out what is deleted, so a deleted parent is one that is not there.
    gone = Category.parent_id.is_not(None) & ~exists().where(parent.id == Category.parent_id)
    # From the hidden ones down rather than from the top: shelves in a circle have no top.
    found = select(Category.id).where(or_(Category.is_active.is_(False), gone)).cte("hidden_shelves", recursive=True)
    return found.union(select(Category.id).join(found, Category.parent_id == found.c.id))


# Built once: a statement that asks twice has it once.
_HIDDEN = _hidden()
