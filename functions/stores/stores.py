"""Stores: making, reading, changing, deleting and restoring them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slugify import slugify
from sqlalchemy import or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from functions.stores.schemas import RESERVED, StoreCreate, StoreRead, StoreStatusChange, StoreUpdate
from functions.stores.subscriptions import first_subscription, refuse_if_paid
from shared.audit import Actor, act_as
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError
from shared.models import PlatformMember, Role, Store, UserStore
from shared.models.base import new_id, now
from shared.models.enums import StoreStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.soft_delete import restore, soft_delete
from shared.tenancy import platform_session
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from shared.versions import check_if_match

_RESTORABLE = timedelta(days=90)


def create_store(body: StoreCreate, actor: Actor) -> StoreRead:
    """Make a store with its subscription and its first admin.

    Raises ConflictError when the slug is taken, NotFoundError when there is no such plan.
    """
    try:
        with platform_session(reason="create a store", actor=actor.email) as session:
            act_as(session, actor)
            store = _new_store(session, body, actor)
            session.add(store)
            session.flush()
            session.add(first_subscription(session, store, body.plan))
            role_id = session.scalars(select(Role.id).where(Role.slug == "STORE_ADMIN")).one()
            session.add(UserStore(store_id=store.id, user_id=actor.user_id, role_id=role_id))
            session.flush()
            return shown(store)
    except IntegrityError as error:
        raise _slug_taken(body.slug or "") from error


def shown(store: Store) -> StoreRead:
    """A store as those who work in it see it."""
    return StoreRead.model_validate(store, from_attributes=True)


def current_store(session: TenantSession) -> Store:
    """The store that a session has entered."""
    return session.scalars(select(Store)).one()


def update_store(session: TenantSession, body: StoreUpdate, event: Mapping[str, Any]) -> Store:
    """Change the session's store. Raises StaleVersionError when `If-Match` names another version."""
    store = current_store(session)
    check_if_match(event, store)
    for field, value in body.model_dump(exclude_unset=True).items():
        if value is None and not Store.__table__.c[field].nullable:
            error = FieldError(loc=["body", field], message="This cannot be empty.")
            raise InvalidError("invalid_request", f"{field} cannot be empty; leave it out to keep it.", [error])
        setattr(store, field, value)
    session.flush()
    return store


def delete_store(session: TenantSession, store: Store, confirmed: str) -> None:
    """Delete a store and all that is in it; 90 days can undo it.

    Raises InvalidError unless its name is given, ConflictError while a paid subscription runs.
    """
    if confirmed != store.name:
        message = f"Give the store's name, {store.name}, as `confirm` to delete it."
        raise InvalidError("not_confirmed", message, [FieldError(loc=["query", "confirm"], message=message)])
    refuse_if_paid(session, store.id)
    soft_delete(session, store)


def delete_any_store(store_id: str, confirmed: str, actor: Actor) -> None:
    """As `delete_store`, for the platform."""
    with platform_session(reason="delete a store", actor=actor.email) as session:
        act_as(session, actor)
        delete_store(session, _any_store(session, store_id), confirmed)


def restore_store(store_id: str, actor: Actor) -> StoreRead:
    """Bring back a deleted store with all that its deletion took, for one of its admins or the platform.

    Raises NotFoundError for another's, or after 90 days, and ConflictError naming a slug that was taken meanwhile.
    """
    with platform_session(reason="restore a store", actor=actor.email) as session:
        act_as(session, actor)
        admin = (
            select(UserStore.id)
            .join(Role, Role.id == UserStore.role_id)
            .where(UserStore.store_id == store_id, UserStore.user_id == actor.user_id, UserStore.is_active)
            .where(Role.slug == "STORE_ADMIN")
        )
        by_platform = select(PlatformMember.id).where(PlatformMember.user_id == actor.user_id)
        store = session.get(Store, store_id, execution_options={INCLUDE_DELETED: True})
        allowed = session.scalar(admin) is not None or session.scalar(by_platform) is not None
        if store is None or not allowed or store.deleted_at is None or store.deleted_at < now() - _RESTORABLE:
            raise NotFoundError("store_not_found", "You have no deleted store with this id.")
        return shown(restore(session, Store, store_id))


def list_stores(
    actor: Actor, status: StoreStatus | None, q: str | None, limit: int, cursor: str | None
) -> Page[StoreRead]:
    """Every store of the platform, newest first, those deleted left out."""
    with platform_session(reason="list the stores", actor=actor.email) as session:
        query = select(Store).order_by(Store.created_at.desc(), Store.id.desc()).limit(limit + 1)
        if status is not None:
            query = query.where(Store.status == status)
        if q:
            query = query.where(or_(Store.slug.startswith(q.lower(), autoescape=True), Store.id == q))
        if cursor is not None:
            query = query.where(tuple_(Store.created_at, Store.id) < place_of_newest(cursor))
        rows = session.scalars(query).all()
        return page_of_newest(rows, limit, shown)


def read_any_store(store_id: str, actor: Actor) -> StoreRead:
    """A store, for the platform. Raises NotFoundError."""
    with platform_session(reason="read a store", actor=actor.email) as session:
        return shown(_any_store(session, store_id))


def set_status(store_id: str, body: StoreStatusChange, actor: Actor) -> StoreRead:
    """Let a store trade, or keep it from trading, for the platform. Raises NotFoundError."""
    with platform_session(reason=f"set a store's status to {body.status}", actor=actor.email) as session:
        act_as(session, actor)
        store = _any_store(session, store_id)
        store.status = StoreStatus(body.status)
        session.flush()
        return shown(store)


def _any_store(session: TenantSession, store_id: str) -> Store:
    store = session.scalar(select(Store).where(Store.id == store_id))
    if store is None:
        raise NotFoundError("store_not_found", "There is no such store.")
    return store


def _new_store(session: TenantSession, body: StoreCreate, actor: Actor) -> Store:
    return Store(
        id=new_id(),
        slug=body.slug or _free_slug(session, body.name),
        name=body.name,
        currency=body.currency,
        email=body.email or actor.email,
        timezone=body.timezone,
        language=body.language,
    )


def _free_slug(session: TenantSession, name: str) -> str:
    base = slugify(name, max_length=50) or "store"
    taken = set(session.scalars(select(Store.slug).where(Store.slug.startswith(base, autoescape=True)))) | RESERVED
    base = base if len(base) >= 3 else f"{base}-store"
    return base if base not in taken else next(s for n in range(2, 100_000) if (s := f"{base}-{n}") not in taken)


def _slug_taken(slug: str) -> ConflictError:
    message = "Another store has this slug; choose another."
    return ConflictError("slug_taken", message, [FieldError(loc=["body", "slug"], message=message)] if slug else [])
