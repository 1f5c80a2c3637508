"""Who works in a store: asking people to join, changing what they may do, and letting them go."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from functions.stores.current import current_store
from functions.stores.schemas import (
    InvitationCreate,
    InvitationRead,
    RoleRead,
    RolesRead,
    StaffListRead,
    StaffRead,
    StaffUpdate,
)
from shared.account_mails import send_later
from shared.audit import record
from shared.auth import Principal
from shared.errors import ConflictError, FieldError, NotAllowedError, NotFoundError
from shared.models import Role, StaffInvitation, User, UserStore
from shared.models.base import new_id, now
from shared.permissions import STORE_PERMISSIONS, missing
from shared.plan_limits import Resource, give_back, take_place
from shared.tenant_session import TenantSession
from shared.versions import check_if_match

_LASTS = timedelta(days=7)
_ADMIN = "STORE_ADMIN"
# What functions may read of a user.
_PERSON = (User.email, User.name, User.mfa_enabled, User.last_login_at)


def list_staff(session: TenantSession) -> StaffListRead:
    """Members and invitations, oldest first."""
    members = session.execute(_members().order_by(UserStore.created_at, UserStore.id))
    invitations = session.scalars(select(StaffInvitation).order_by(StaffInvitation.created_at, StaffInvitation.id))
    return StaffListRead(
        members=[_member_shown(*row) for row in members], invitations=[_invitation_shown(row) for row in invitations]
    )


def list_roles(session: TenantSession) -> RolesRead:
    """The roles of a store, and all permissions."""
    rows = session.scalars(select(Role).where(Role.slug.in_([_ADMIN, "STAFF"])).order_by(Role.slug.desc()))
    roles = [
        RoleRead(slug=row.slug, name=row.name, description=row.description, permissions=row.permissions) for row in rows
    ]
    return RolesRead(items=roles, permissions=sorted(STORE_PERMISSIONS))


def invite(session: TenantSession, principal: Principal, body: InvitationCreate) -> InvitationRead:
    """Ask somebody to join, by mail.

    Raises PlanError when the plan has no place left, NotAllowedError for permissions that the inviter does not have,
    ConflictError when they are a member, or asked already.
    """
    role = _role(session, body.role)
    # An admin may do everything: one with less would be the last admin and could do nothing.
    permissions = None if role.slug == _ADMIN else body.permissions
    _refuse_more_than_own(principal, role, permissions)
    if session.scalar(select(UserStore.id).join(UserStore.user).where(User.email == body.email)) is not None:
        raise _conflict("already_a_member", "This person works here already.")
    _withdraw_expired(session)
    if session.scalar(select(StaffInvitation.id).where(StaffInvitation.email == body.email)) is not None:
        raise _already_invited()
    take_place(session, Resource.STAFF)
    invitation = StaffInvitation(
        id=new_id(),
        email=body.email,
        role=role,
        permissions=permissions,
        expires=now() + _LASTS,
        invited_by=principal.email,
    )
    try:
        with session.begin_nested():
            session.add(invitation)
    except IntegrityError as error:
        raise _already_invited() from error
    _send(session, invitation)
    return _invitation_shown(invitation)


def resend(session: TenantSession, principal: Principal, invitation_id: str) -> InvitationRead:
    """Send the invitation again, with another seven days.

    Raises NotFoundError, and NotAllowedError for permissions that the caller does not have.
    """
    invitation = _invitation(session, invitation_id)
    _refuse_more_than_own(principal, invitation.role, invitation.permissions)
    invitation.expires = now() + _LASTS
    _send(session, invitation)
    return _invitation_shown(invitation)


def withdraw(session: TenantSession, principal: Principal, invitation_id: str) -> None:
    """Take an invitation back; its place is free again.

    Raises NotFoundError, and NotAllowedError for an admin's when the caller is none.
    """
    invitation = _invitation(session, invitation_id)
    _refuse_over_admins(principal, invitation.role)
    session.delete(invitation)
    session.flush()
    give_back(session, Resource.STAFF)


def update_member(
    session: TenantSession, principal: Principal, member_id: str, body: StaffUpdate, event: Mapping[str, Any]
) -> StaffRead:
    """Change a member's role or permissions, or let them rest.

    Raises NotFoundError, StaleVersionError, NotAllowedError for more than the caller's own permissions, ConflictError
    when no admin would be left.
    """
    member = _member(session, member_id)
    check_if_match(event, member)
    _refuse_over_admins(principal, member.role)
    role = member.role if body.role is None else _role(session, body.role)
    permissions = member.permissions if role is member.role and body.permissions is None else body.permissions
    permissions = None if role.slug == _ADMIN else permissions
    begins_again = body.is_active is True and not member.is_active
    if begins_again or (role, permissions) != (member.role, member.permissions):
        _refuse_more_than_own(principal, role, permissions)
    if role.slug != _ADMIN or body.is_active is False:
        _refuse_without_admin(session, member)
    member.role, member.permissions = role, permissions
    if body.is_active is not None:
        member.is_active = body.is_active
    session.flush()
    return _member_shown(*session.execute(_members().where(UserStore.id == member.id)).one())


def remove_member(session: TenantSession, principal: Principal, member_id: str, event: Mapping[str, Any]) -> None:
    """Let a member go: within a minute they can do nothing more here.

    Raises NotFoundError, StaleVersionError, NotAllowedError, and ConflictError for the last admin.
    """
    member = _member(session, member_id)
    check_if_match(event, member)
    _refuse_over_admins(principal, member.role)
    _refuse_without_admin(session, member)
    session.delete(member)
    session.flush()
    give_back(session, Resource.STAFF)


def _members() -> Any:
    return select(UserStore, Role, *_PERSON).join(UserStore.role).join(User, User.id == UserStore.user_id)


def _member(session: TenantSession, member_id: str) -> UserStore:
    member = session.scalar(select(UserStore).where(UserStore.id == member_id))
    if member is None:
        raise NotFoundError("member_not_found", "Nobody with this id works here; GET /v1/store/staff lists who does.")
    return member


def _invitation(session: TenantSession, invitation_id: str) -> StaffInvitation:
    found = session.scalar(select(StaffInvitation).where(StaffInvitation.id == invitation_id).with_for_update())
    if found is None:
        raise NotFoundError("invitation_not_found", "There is no such invitation; GET /v1/store/staff lists them.")
    return found


def _role(session: TenantSession, slug: str) -> Role:
    return session.scalars(select(Role).where(Role.slug == slug)).one()


def _refuse_more_than_own(principal: Principal, role: Role, permissions: list[str] | None) -> None:
    """Without permissions of their own people have those of their role."""
    if role.slug == _ADMIN and "*" not in principal.permissions:
        raise NotAllowedError("role_too_high", "Only an admin of the store can make another.")
    given = role.permissions if permissions is None else permissions
    if role.slug != _ADMIN and (lacking := missing(principal.permissions, given)):
        raise NotAllowedError("permission_not_yours", f"You cannot give what you do not have: {', '.join(lacking)}.")


def _refuse_over_admins(principal: Principal, role: Role) -> None:
    if role.slug == _ADMIN and "*" not in principal.permissions:
        raise NotAllowedError("role_too_high", "Only an admin of the store can change another.")


def _refuse_without_admin(session: TenantSession, member: UserStore) -> None:
    """Two admins may remove each other at once: who comes second waits for the admins' rows, then sees who is left."""
    if member.role.slug != _ADMIN:
        return
    admins = (
        select(UserStore.id)
        .join(UserStore.role)
        .where(Role.slug == _ADMIN, UserStore.is_active)
        .order_by(UserStore.id)
        .with_for_update(of=UserStore)
    )
    if not set(session.scalars(admins)) - {member.id}:
        raise _conflict("last_admin", "This is the store's last admin; make another one first.")


def _withdraw_expired(session: TenantSession) -> None:
    gone = session.execute(
        delete(StaffInvitation).where(StaffInvitation.expires < now()).execution_options(synchronize_session=False)
    )
    count: int = gone.rowcount  # type: ignore[attr-defined]
    if count:
        give_back(session, Resource.STAFF, count)
        record(session, "staff_invitation.expired", "staff_invitation", None, after={"count": count})


def _send(session: TenantSession, invitation: StaffInvitation) -> None:
    details = {"invitation_id": invitation.id, "store": current_store(session).name, "inviter": invitation.invited_by}
    send_later(session, "invitation", invitation.email, details)


def _already_invited() -> ConflictError:
    return _conflict("already_invited", "This person was asked already; resend that.")


def _conflict(code: str, message: str) -> ConflictError:
    return ConflictError(code, message, [FieldError(loc=["body"], message=message)])


def _member_shown(  # noqa: PLR0913, PLR0917 - the columns of `_members`
    member: UserStore, role: Role, email: str, name: str | None, mfa_enabled: bool, last_login_at: Any
) -> StaffRead:
    return StaffRead(
        id=member.id,
        user_id=member.user_id,
        email=email,
        name=name,
        role=role.slug,
        permissions=role.permissions if member.permissions is None else member.permissions,
        is_active=member.is_active,
        mfa_enabled=mfa_enabled,
        last_login_at=last_login_at,
        joined_at=member.created_at,
        version=member.version,
    )


def _invitation_shown(row: StaffInvitation) -> InvitationRead:
    return InvitationRead(
        id=row.id,
        email=row.email,
        role=row.role.slug,
        permissions=row.role.permissions if row.permissions is None else row.permissions,
        invited_by=row.invited_by,
        expires_at=row.expires,
        is_expired=row.expires < now(),
    )
