"""Who people are: accounts, sign-in, sessions, the second factor, and the store that one works in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.identity import accounts, linking, mfa, oauth, sessions, sign_in
from functions.identity.schemas import (
    Accepted,
    BackupCodesRead,
    EmailGiven,
    InvitationAcceptance,
    InvitationAccepted,
    LinkedAccountsRead,
    LoginCreate,
    MeRead,
    MeUpdate,
    MfaChange,
    MfaConfirmation,
    MfaEnrolment,
    MfaSecretRead,
    OAuthCallback,
    OAuthContinuation,
    OAuthLink,
    OAuthStart,
    PasswordChange,
    PasswordReset,
    RegistrationCreate,
    SessionsRead,
    SignedInRead,
    StoreSwitch,
    TokenGiven,
)
from functions.identity.sessions import Client
from shared.api import HttpApi
from shared.audit import Actor
from shared.auth import public, signed_in
from shared.models import User
from shared.tenancy import current_session, identity_session, tenant_isolated
from shared.tenant_session import TenantSession

app = HttpApi()
TAGS = ["identity"]
Provider = Annotated[str, Path(max_length=40, description="As it is set up: `google`, for example.")]
SENT = Accepted(detail="If this address can have that mail, it is on its way.")


@app.post("/v1/auth/register", tags=TAGS, status_code=202)
@public
def register(body: RegistrationCreate) -> Accepted:
    """Make an account; the mail that follows says how to go on."""
    accounts.register(current_session(), body, _client())
    return SENT


@app.post("/v1/auth/verify", tags=TAGS, status_code=204)
@public
def verify(body: TokenGiven) -> None:
    """Prove the address of an account with the token from the mail."""
    accounts.verify(current_session(), body.token, _client())


@app.post("/v1/auth/verify/resend", tags=TAGS, status_code=202)
@public
def resend_verification(body: EmailGiven) -> Accepted:
    """Ask for the mail with the verification link again."""
    accounts.ask_for_mail(current_session(), "verify", body.email, _client())
    return SENT


@app.post("/v1/auth/login", tags=TAGS)
@public
def login(body: LoginCreate) -> SignedInRead:
    """Sign in. Send the token with each request: `Authorization: Bearer <token>`."""
    return sign_in.login(current_session(), body, _client())


@app.post("/v1/auth/logout", tags=TAGS, status_code=204)
@signed_in
def logout() -> None:
    """End this session; its token stops working within a minute everywhere."""
    sessions.end_session(current_session(), app.principal, app.principal.session_id, _client())


@app.post("/v1/auth/unlock", tags=TAGS, status_code=204)
@public
def unlock(body: TokenGiven) -> None:
    """Open an account that too many wrong passwords have locked, with the token from the mail."""
    accounts.unlock(current_session(), body.token, _client())


@app.post("/v1/auth/forgot", tags=TAGS, status_code=202)
@public
def forgot(body: EmailGiven) -> Accepted:
    """Ask for a mail with a link that sets a new password."""
    accounts.ask_for_mail(current_session(), "reset", body.email, _client())
    return SENT


@app.post("/v1/auth/reset", tags=TAGS, status_code=204)
@public
def reset(body: PasswordReset) -> None:
    """Set a new password with the token from the mail; every session ends."""
    accounts.reset_password(current_session(), body, _client())


@app.put("/v1/auth/password", tags=TAGS, status_code=204)
@signed_in
def change_password(body: PasswordChange) -> None:
    """Change the password; every other session ends."""
    accounts.change_password(current_session(), app.principal, body, _client())


@app.get("/v1/auth/me", tags=TAGS)
@signed_in
def read_me() -> MeRead:
    """Who is signed in, and the stores they may work in."""
    session, principal = current_session(), app.principal
    row = sessions.own_session(session, principal)
    return _me(session, session.get_one(User, principal.user_id), row.active_store_id)


@app.patch("/v1/auth/me", tags=TAGS)
@signed_in
def update_me(body: MeUpdate) -> MeRead:
    """Change name, language or time zone."""
    session = current_session()
    return _me(session, accounts.update_me(session, app.principal, body), app.principal.store_id)


@app.get("/v1/auth/sessions", tags=TAGS)
@signed_in
def list_sessions() -> SessionsRead:
    """Where the user is signed in."""
    return sessions.list_sessions(current_session(), app.principal)


@app.delete("/v1/auth/sessions", tags=TAGS, status_code=204)
@signed_in
def end_other_sessions() -> None:
    """Sign out everywhere else."""
    session, principal = current_session(), app.principal
    sessions.own_session(session, principal)
    sessions.end_other_sessions(session, principal.user_id, kept=principal.session_id)


@app.delete("/v1/auth/sessions/<session_id>", tags=TAGS, status_code=204)
@signed_in
def end_session(session_id: Annotated[str, Path(max_length=40)]) -> None:
    """Sign out one session."""
    sessions.end_session(current_session(), app.principal, session_id, _client())


@app.post("/v1/auth/switch-store", tags=TAGS)
@signed_in
def switch_store(body: StoreSwitch) -> SignedInRead:
    """Work in another store, with the new token that this answers; the old one ends."""
    return sessions.switch_store(current_session(), app.principal, body.store_id, _client())


@app.post("/v1/auth/invitations/accept", tags=TAGS)
@public
def accept_invitation(body: InvitationAcceptance) -> InvitationAccepted:
    """Join a store with the token from the mail."""
    return accounts.accept_invitation(current_session(), body, _client())


@app.post("/v1/auth/mfa/enrol", tags=TAGS)
@signed_in
def enrol_mfa(body: MfaEnrolment) -> MfaSecretRead:
    """Begin to set up an authenticator."""
    session = current_session()
    return mfa.enrol(accounts.known_user(session, app.principal, body.password))


@app.post("/v1/auth/mfa/confirm", tags=TAGS)
@signed_in
def confirm_mfa(body: MfaConfirmation) -> BackupCodesRead:
    """Finish setting it up with a first code; from now on signing in asks for one."""
    session, principal = current_session(), app.principal
    sessions.own_session(session, principal)
    return mfa.confirm(session, mfa.user_of(session, principal), body.code, _actor())


@app.post("/v1/auth/mfa/backup-codes", tags=TAGS)
@signed_in
def renew_backup_codes(body: MfaChange) -> BackupCodesRead:
    """Ten new backup codes; the old ones stop working."""
    session = current_session()
    user = accounts.known_user(session, app.principal, body.password, body.code)
    return mfa.renew_backup_codes(session, user, _actor())


@app.post("/v1/auth/mfa/disable", tags=TAGS, status_code=204)
@signed_in
def disable_mfa(body: MfaChange) -> None:
    """Give up the second factor."""
    session = current_session()
    user = accounts.known_user(session, app.principal, body.password, body.code)
    mfa.disable(session, user, _actor())


@app.post("/v1/auth/oauth/<provider>", tags=TAGS)
@public
def start_oauth(provider: Provider) -> OAuthStart:
    """Begin to sign in with a provider: send the browser to `authorization_url`, and keep `flow` on the device."""
    return oauth.start(provider, _client())


@app.post("/v1/auth/oauth/<provider>/callback", tags=TAGS)
@public
def finish_oauth(provider: Provider, body: OAuthCallback) -> SignedInRead:
    """Sign in with what came back in the browser's address.

    401 `mfa_required` has a `continue_token` for .../continue, 409 `link_required` a `link_token` for .../link.
    """
    return oauth.callback(current_session(), provider, body, _client())


@app.post("/v1/auth/oauth/<provider>/continue", tags=TAGS)
@public
def continue_oauth(provider: Provider, body: OAuthContinuation) -> SignedInRead:
    """Go on with a code of the second factor. A wrong one may be followed by another."""
    return oauth.go_on(current_session(), provider, body, _client())


@app.post("/v1/auth/oauth/<provider>/link", tags=TAGS)
@public
def link_oauth(provider: Provider, body: OAuthLink) -> SignedInRead:
    """Let the provider sign in to the account with this password from now on."""
    return linking.link(current_session(), provider, body, _client())


@app.get("/v1/auth/accounts", tags=TAGS)
@signed_in
def list_accounts() -> LinkedAccountsRead:
    """The providers' accounts that sign in to this one."""
    return linking.list_accounts(current_session(), app.principal)


@app.delete("/v1/auth/accounts/<account_id>", tags=TAGS, status_code=204)
@signed_in
def unlink_account(account_id: Annotated[str, Path(max_length=40)]) -> None:
    """Take a provider's account off. The last way in stays."""
    linking.unlink(current_session(), app.principal, account_id, _client())


def _client() -> Client:
    http = app.current_event.request_context.http
    return Client(http.source_ip, http.user_agent or "")


def _actor() -> Actor:
    return _client().actor(app.principal.email, app.principal.user_id)


def _me(session: TenantSession, user: User, store_id: str | None) -> MeRead:
    stores = sessions.memberships(session, user.id)
    return MeRead(user=sessions.shown(session, user), store_id=store_id, stores=stores)


@contextmanager
def open_identity(_event: Mapping[str, Any]) -> Iterator[TenantSession]:
    """The session of the identity role, whoever calls."""
    with identity_session() as session:
        yield session


@tenant_isolated(open_identity)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
