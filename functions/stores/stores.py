"""Stores: making, reading, changing, deleting and restoring them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slugify import slugify
from sqlalchemy import or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from functions.stores.current import current_store
from functions.stores.schemas import RESERVED, StoreCreate, StoreRead, StoreStatusChange, StoreUpdate
from functions.stores.subscriptions import first_subscription, refuse_if_paid
from shared.audit import Actor, act_as, record
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError
from shared.models import PlatformMember, Role, Store, StoreSubscription, UserStore
from shared.models.base import new_id, now
from shared.models.enums import StoreStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.soft_delete import restore, soft_delete
from shared.tenancy import platform_session
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from shared.versions import check_if_match

_RESTORABLE = timedelta(days=90)
_TRIES = 20


def create_store(body: StoreCreate, actor: Actor) -> StoreRead:
    """Make a store with its subscription and its first admin.

    Raises ConflictError when the slug is taken, NotFoundError when there is no such plan.
    """
    with platform_session(reason="create a store", actor=actor.email) as session:
        act_as(session, actor)
        subscription, status = first_subscription(session, body.plan)
        store = _added(session, body, actor, status)
        subscription.store_id = store.id
        session.add(subscription)
        role_id = session.scalars(select(Role.id).where(Role.slug == "STORE_ADMIN")).one()
        session.add(UserStore(store_id=store.id, user_id=actor.user_id, role_id=role_id))
        session.flush()
        return shown(store)


def shown(store: Store) -> StoreRead:
    """A store as those who work in it see it."""
    return StoreRead.model_validate(store, from_attributes=True)


def editable_store(session: TenantSession, event: Mapping[str, Any]) -> Store:
    """The session's store, to be changed. Raises StaleVersionError when `If-Match` names another version."""
    store = current_store(session)
    check_if_match(event, store)
    return store


def update_store(session: TenantSession, body: StoreUpdate, event: Mapping[str, Any]) -> Store:
    """Change the session's store. Raises StaleVersionError, and InvalidError for emptying what must be there."""
    store = editable_store(session, event)
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
    """A store, for the platform; its own log tells of the look. Raises NotFoundError."""
    with platform_session(reason="read a store", actor=actor.email) as session:
        store = _any_store(session, store_id)
        request = {"request": f"GET /v1/stores/{store_id}"}
        record(session, "store.viewed", "store", store_id, after=request, store_id=store_id, actor=actor)
        return shown(store)


def set_status(store_id: str, body: StoreStatusChange, actor: Actor, event: Mapping[str, Any]) -> StoreRead:
    """Let a store trade, or keep it from trading, for the platform. Raises NotFoundError and StaleVersionError."""
    with platform_session(reason=f"set a store's status to {body.status}", actor=actor.email) as session:
        act_as(session, actor)
        store = _any_store(session, store_id)
        check_if_match(event, store)
        store.status = StoreStatus(body.status)
        # From now on it is the platform's word: choosing a plan does not undo it.
        own = select(StoreSubscription).where(StoreSubscription.store_id == store_id)
        if (subscription := session.scalar(own)) is not None:
            subscription.store_closed_at = None
        session.flush()
        return shown(store)


def _any_store(session: TenantSession, store_id: str) -> Store:
    store = session.scalar(select(Store).where(Store.id == store_id))
    if store is None:
        raise NotFoundError("store_not_found", "There is no such store.")
    return store


def _added(session: TenantSession, body: StoreCreate, actor: Actor, status: StoreStatus) -> Store:
    """A new store's row. When another takes a slug that was made from the name, the next one is tried."""
    for _ in range(_TRIES):
        store = _new_store(session, body, actor, status)
        try:
            with session.begin_nested():
                session.add(store)
        except IntegrityError as error:
            if body.slug is not None:
                raise _slug_taken(["body", "slug"]) from error
        else:
            return store
    raise _slug_taken(["body", "name"])


def _new_store(session: TenantSession, body: StoreCreate, actor: Actor, status: StoreStatus) -> Store:
    return Store(
        id=new_id(),
        slug=body.slug or _free_slug(session, body.name),
        name=body.name,
        status=status,
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


def _slug_taken(loc: list[str | int]) -> ConflictError:
    message = "Another store has this slug; choose another."
    return ConflictError("slug_taken", message, [FieldError(loc=loc, message=message)])
