"""Categories: a tree at most five deep, never a circle."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from functions.catalog.schemas import CategoryCreate, CategoryMove, CategoryUpdate
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError
from shared.models import Category, Store
from shared.models.base import new_id
from shared.saving import assign, saved
from shared.slugs import claim, free_slug, is_taken, rename, slug_taken
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from shared.versions import check_if_match

DEEPEST = 5
_PLAINLY = {"synchronize_session": False, INCLUDE_DELETED: True}
Tree = Mapping[str, str | None]
"""The parent of each category."""


def list_categories(session: TenantSession) -> list[Category]:
    """All categories, in their order; `parent_id` makes the tree."""
    return list(session.scalars(select(Category).order_by(Category.display_order, Category.name, Category.id)))


def category_of(session: TenantSession, category_id: str) -> Category:
    """A live category. Raises NotFoundError."""
    row = session.scalar(select(Category).where(Category.id == category_id))
    if row is None:
        raise NotFoundError("category_not_found", "There is no such category.")
    return row


def create_category(session: TenantSession, body: CategoryCreate) -> Category:
    """Add a category. Raises InvalidError for a parent that is not there or too deep, ConflictError for the slug."""
    tree = _locked_tree(session)
    _check_place(tree, body.parent_id, height=1)
    if body.slug and is_taken(session, Category, body.slug):
        raise slug_taken(body.slug)
    slug = body.slug or free_slug(session, Category, body.name)
    claim(session, "category", slug)
    row = Category(id=new_id(), slug=slug, **body.model_dump(exclude={"slug"}))
    saved(session, lambda: session.add(row))
    return row


def update_category(
    session: TenantSession, category_id: str, body: CategoryUpdate, event: Mapping[str, Any]
) -> Category:
    """Change a category. Raises NotFoundError, StaleVersionError by `If-Match`, ConflictError for a taken slug."""
    row = category_of(session, category_id)
    check_if_match(event, row)
    given = body.model_dump(exclude_unset=True)
    if slug := given.pop("slug", None):
        if is_taken(session, Category, slug, own_id=row.id):
            raise slug_taken(slug)
        rename(session, "category", row, slug)
    assign(row, given)
    saved(session, lambda: None)
    return row


def move_category(session: TenantSession, category_id: str, body: CategoryMove, event: Mapping[str, Any]) -> Category:
    """Put a category with all that is in it elsewhere.

    Raises NotFoundError, StaleVersionError, InvalidError for a parent that is not there or too deep, ConflictError for
    one inside the category itself.
    """
    tree = _locked_tree(session)
    row = category_of(session, category_id)
    check_if_match(event, row)
    if body.parent_id is not None and category_id in _path(tree, body.parent_id):
        raise ConflictError("category_circle", "A category cannot go into itself, nor into what is inside it.")
    _check_place(tree, body.parent_id, height=_height(tree, category_id))
    row.parent_id = body.parent_id
    if body.display_order is not None:
        row.display_order = body.display_order
    session.flush()
    return row


def delete_category(session: TenantSession, category_id: str, event: Mapping[str, Any]) -> None:
    """Delete a category with those inside it; 90 days can undo it. Raises NotFoundError, StaleVersionError."""
    tree = _locked_tree(session)
    row = category_of(session, category_id)
    check_if_match(event, row)
    gone = {"deletion_id": soft_delete(session, row), "deleted_at": row.deleted_at}
    inside = [inner for inner in tree if category_id in _path(tree, inner) and inner != category_id]
    session.execute(update(Category).where(Category.id.in_(inside)).values(gone), execution_options=_PLAINLY)


def restore_category(session: TenantSession, category_id: str) -> Category:
    """Bring back a category with what its deletion took. Raises NotFoundError, ConflictError for a taken slug.

    One whose parent is gone, or has moved too deep meanwhile, comes back at the top.
    """
    _locked_tree(session)
    inside = _gone_with(session, category_id)
    row = restore(session, Category, category_id)
    back = update(Category).where(Category.id.in_(inside)).values(deleted_at=None, deletion_id=None)
    saved(session, lambda: session.execute(back, execution_options=_PLAINLY))
    claim(session, "category", *session.scalars(select(Category.slug).where(Category.id.in_([category_id, *inside]))))
    tree = _locked_tree(session)
    if row.parent_id is not None and (
        row.parent_id not in tree or len(_path(tree, row.parent_id)) + _height(tree, row.id) > DEEPEST
    ):
        row.parent_id = None
        session.flush()
    return row


def _locked_tree(session: TenantSession) -> dict[str, str | None]:
    """The tree, which nobody else changes meanwhile: two moves at once could close a circle that neither sees."""
    session.execute(select(Store.id).with_for_update(key_share=True))
    return {row.id: row.parent_id for row in session.execute(select(Category.id, Category.parent_id))}


def _gone_with(session: TenantSession, category_id: str) -> list[str]:
    """What is inside a deleted category and was deleted with it."""
    query = select(Category.id, Category.parent_id, Category.deletion_id).where(Category.deletion_id.is_not(None))
    rows = session.execute(query.execution_options(**{INCLUDE_DELETED: True})).all()
    deletions = {row.id: row.deletion_id for row in rows}
    tree = {row.id: row.parent_id for row in rows if row.deletion_id == deletions.get(category_id)}
    return [inner for inner in tree if category_id in _path(tree, inner) and inner != category_id]


def _check_place(tree: Tree, parent_id: str | None, height: int) -> None:
    if parent_id is None:
        return
    if parent_id not in tree:
        raise _no_place("There is no such category.")
    if len(_path(tree, parent_id)) + height > DEEPEST:
        raise _no_place(f"Categories nest at most {DEEPEST} deep.")


def _no_place(message: str) -> InvalidError:
    return InvalidError("invalid_parent", message, [FieldError(loc=["body", "parent_id"], message=message)])


def _path(tree: Tree, category_id: str) -> list[str]:
    """A category and those around it, outwards."""
    path, current = [], category_id
    while current and current not in path:
        path.append(current)
        current = tree.get(current) or ""
    return path


def _height(tree: Tree, category_id: str) -> int:
    """How many levels a category with those inside it takes."""
    return max(len(path) - path.index(category_id) for path in _paths(tree) if category_id in path) if tree else 1


def _paths(tree: Tree) -> list[list[str]]:
    return [list(reversed(_path(tree, category_id))) for category_id in tree]
