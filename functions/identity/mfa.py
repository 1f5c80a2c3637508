"""The second factor: codes of an authenticator (TOTP, RFC 6238), and ten backup codes for when it is lost."""

import hmac
import secrets

import pyotp
from sqlalchemy import or_, select, update

from functions.identity import passwords
from functions.identity.schemas import BackupCodesRead, MfaSecretRead
from shared.account_mails import send_later
from shared.audit import Actor, record
from shared.auth import Principal
from shared.encryption import decrypt, encrypt
from shared.errors import ConflictError, NotSignedInError
from shared.models import User
from shared.models.base import now
from shared.tenant_session import TenantSession

_STEP = 30
_DRIFT = (0, -1, 1)
"""Steps that a clock may be off; the likeliest first."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def check_if_enabled(session: TenantSession, user: User, code: str | None) -> None:
    """Ask for a code of those who have a second factor.

    Raises NotSignedInError `mfa_required` without one, `invalid_code` for a wrong one or one that was used.
    """
    if not user.mfa_enabled:
        return
    if code is None:
        raise NotSignedInError("mfa_required", "Send the code of your authenticator, or a backup code, as `code`.")
    check(session, user, code)


def check(session: TenantSession, user: User, code: str) -> None:
    """Use up a code. Raises NotSignedInError for a wrong one, and for one that was used before."""
    used = _use_totp(session, user, code) if len(code) == 6 else _use_backup_code(session, user, code)
    if not used:
        raise NotSignedInError("invalid_code", "This code is wrong or has been used; wait for the next one.")


def enrol(user: User) -> MfaSecretRead:
    """Begin to set up an authenticator; nothing is asked of the user before a code has been confirmed."""
    if user.mfa_enabled:
        raise ConflictError("mfa_already_enabled", "Disable the second factor first: POST /v1/auth/mfa/disable.")
    secret = pyotp.random_base32()
    user.mfa_secret, user.mfa_last_step = encrypt(secret, user=user.id), None
    url = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="StormCom")
    return MfaSecretRead(secret=secret, otpauth_url=url)


def confirm(session: TenantSession, user: User, code: str, actor: Actor) -> BackupCodesRead:
    """Ask for codes from now on. Returns the backup codes."""
    if user.mfa_enabled or user.mfa_secret is None:
        raise ConflictError("mfa_not_enrolling", "Begin with POST /v1/auth/mfa/enrol.")
    if not _use_totp(session, user, code):
        raise NotSignedInError("invalid_code", "This code is wrong; check the clock of the device.")
    user.mfa_enabled = True
    return _changed(session, user, "platform.mfa_enabled", actor)


def renew_backup_codes(session: TenantSession, user: User, actor: Actor) -> BackupCodesRead:
    """Ten new backup codes in place of the old ones."""
    _refuse_without(user)
    return _changed(session, user, "platform.mfa_backup_codes_renewed", actor)


def disable(session: TenantSession, user: User, actor: Actor) -> None:
    """Ask for no more codes."""
    _refuse_without(user)
    user.mfa_enabled, user.mfa_secret, user.mfa_backup_codes, user.mfa_last_step = False, None, None, None
    record(session, "platform.mfa_disabled", "user", user.id, actor=actor)
    send_later(session, "mfa_changed", user.email, {"change": "switched off"})


def user_of(session: TenantSession, principal: Principal) -> User:
    """The caller, with the row locked, so that two requests cannot use one code."""
    return session.scalars(select(User).where(User.id == principal.user_id).with_for_update()).one()


def _refuse_without(user: User) -> None:
    if not user.mfa_enabled:
        raise ConflictError("mfa_not_enabled", "There is no second factor; begin with POST /v1/auth/mfa/enrol.")


def _changed(session: TenantSession, user: User, action: str, actor: Actor) -> BackupCodesRead:
    codes = [f"{place}{''.join(secrets.choice(_LETTERS) for _ in range(10))}" for place in range(10)]
    user.mfa_backup_codes = "\n".join(passwords.hash_password(code) for code in codes)
    record(session, action, "user", user.id, actor=actor)
    send_later(session, "mfa_changed", user.email, {"change": "switched on, or given new backup codes"})
    return BackupCodesRead(backup_codes=codes)


def _use_totp(session: TenantSession, user: User, code: str) -> bool:
    if user.mfa_secret is None:
        return False
    totp, current = pyotp.TOTP(decrypt(user.mfa_secret, user=user.id)), int(now().timestamp()) // _STEP
    given, steps = code.encode(), (current + drift for drift in _DRIFT)  # bytes: digits may be of another script
    step = next((s for s in steps if hmac.compare_digest(totp.generate_otp(s).encode(), given)), None)
    if step is None:
        return False
    # Whoever comes second with the same code, even at the same moment, finds it used.
    taken = session.execute(
        update(User)
        .where(User.id == user.id, or_(User.mfa_last_step.is_(None), User.mfa_last_step < step))
        .values(mfa_last_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _use_backup_code(session: TenantSession, user: User, code: str) -> bool:
    locked = session.scalars(
        select(User).where(User.id == user.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    # The first digit says which of the ten it is, so that one hash is worked out and not ten.
    hashes = (locked.mfa_backup_codes or "").split("\n")
    place = int(code[0])
    if place >= len(hashes) or not hashes[place] or not passwords.matches(hashes[place], code):
        return False
    hashes[place] = ""
    locked.mfa_backup_codes = "\n".join(hashes)
    return True
