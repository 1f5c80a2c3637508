"""Stores: who works there, what they have subscribed to, and what was done in them."""

from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.stores import audit_log, domains, jobs, staff, stores, subscriptions
from functions.stores.current import current_store
from functions.stores.schemas import (
    AuditEntryRead,
    DomainChange,
    DomainRead,
    InvitationCreate,
    InvitationRead,
    JobRunRead,
    JobsRead,
    MaintenanceChange,
    PlanCreate,
    PlanRead,
    PlansRead,
    PlanUpdate,
    RolesRead,
    StaffListRead,
    StaffRead,
    StaffUpdate,
    StoreCreate,
    StoreRead,
    StoreStatusChange,
    StoreUpdate,
    SubscriptionChange,
    SubscriptionRead,
    UtcTime,
)
from shared.admin import actor_of, open_admin
from shared.api import HttpApi
from shared.audit import Actor
from shared.auth import requires, signed_in
from shared.idempotency import idempotent
from shared.models.enums import StoreStatus
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import add_header, current_session, tenant_isolated

R = TypeVar("R", StoreRead, StaffRead, PlanRead)
app = HttpApi()
TAGS = ["stores"]
Id = Annotated[str, Path(max_length=40)]
Confirmation = Annotated[str, Query(max_length=200, description="The store's name, to say that it is meant.")]
Word = Annotated[str | None, Query(max_length=100)]
Moment = Annotated[UtcTime | None, Query(description="RFC 3339, with its offset.")]


@app.post("/v1/stores", tags=TAGS, status_code=201)
@signed_in
def create_store(body: StoreCreate) -> StoreRead:
    """Open a store; the caller is its first admin. Switch to it next: `POST /v1/auth/switch-store`."""
    return stores.create_store(body, _actor())


@app.get("/v1/stores", tags=TAGS)
@requires("platform:stores")
def list_stores(
    status: Annotated[StoreStatus | None, Query()] = None,
    q: Annotated[str | None, Query(max_length=60, description="The beginning of a slug, or an id.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[StoreRead]:
    """Every store of the platform, newest first."""
    return stores.list_stores(_actor(), status, q, limit, cursor)


@app.get("/v1/stores/<store_id>", tags=TAGS)
@requires("platform:stores")
def read_any_store(store_id: Id) -> StoreRead:
    """A store, for the platform; `GET /v1/store` is the one that the caller works in."""
    return _tagged(stores.read_any_store(store_id, _actor()))


@app.patch("/v1/stores/<store_id>", tags=TAGS)
@requires("platform:stores")
def set_store_status(store_id: Id, body: StoreStatusChange) -> StoreRead:
    """Let a store trade, or keep it from trading."""
    return _tagged(stores.set_status(store_id, body, _actor(), app.current_event.raw_event))


@app.delete("/v1/stores/<store_id>", tags=TAGS, status_code=204)
@requires("platform:stores")
def delete_any_store(store_id: Id, confirm: Confirmation) -> None:
    """Delete a store with all that is in it; 90 days can undo it."""
    stores.delete_any_store(store_id, confirm, _actor())


@app.post("/v1/stores/<store_id>/restore", tags=TAGS)
@signed_in
def restore_store(store_id: Id) -> StoreRead:
    """Bring a deleted store back; for those who were its admins."""
    return stores.restore_store(store_id, _actor())


@app.get("/v1/store", tags=TAGS)
@requires("store:read")
def read_store() -> StoreRead:
    """The store that the caller works in."""
    return _tagged(stores.shown(current_store(current_session())))


@app.patch("/v1/store", tags=TAGS)
@requires("store:write")
def update_store(body: StoreUpdate) -> StoreRead:
    """Change the store; `If-Match` sees to it that nobody else has meanwhile."""
    return _tagged(stores.shown(stores.update_store(current_session(), body, app.current_event.raw_event)))


@app.delete("/v1/store", tags=TAGS, status_code=204)
@requires("store:delete")
def delete_store(confirm: Confirmation) -> None:
    """Delete the store with all that is in it; 90 days can undo it."""
    session = current_session()
    stores.delete_store(session, stores.editable_store(session, app.current_event.raw_event), confirm)


@app.put("/v1/store/maintenance", tags=TAGS)
@requires("store:write")
def set_maintenance(body: MaintenanceChange) -> StoreRead:
    """Keep shoppers out for a while, or let them in again; the admin side goes on."""
    store = stores.editable_store(current_session(), app.current_event.raw_event)
    store.maintenance_mode = body.enabled
    current_session().flush()
    return _tagged(stores.shown(store))


@app.get("/v1/store/domain", tags=TAGS)
@requires("store:read")
def read_domain() -> DomainRead:
    """The shop's own domain."""
    return domains.read_domain(current_session())


@app.put("/v1/store/domain", tags=TAGS)
@requires("store:write")
def ask_for_domain(body: DomainChange) -> DomainRead:
    """Begin to have a domain of its own; the answer says how to prove it."""
    return domains.ask_for_domain(current_session(), body.domain)


@app.post("/v1/store/domain/verify", tags=TAGS)
@requires("store:write")
def verify_domain() -> DomainRead:
    """Look for the DNS record, and serve the shop there."""
    return domains.verify_domain(current_session())


@app.delete("/v1/store/domain", tags=TAGS, status_code=204)
@requires("store:write")
def give_up_domain() -> None:
    """Be found under the platform's name only."""
    domains.give_up_domain(current_session())


@app.get("/v1/store/staff", tags=TAGS)
@requires("staff:read")
def list_staff() -> StaffListRead:
    """Who works in the store, and who has been asked to."""
    return staff.list_staff(current_session())


@app.post("/v1/store/staff", tags=TAGS, status_code=201)
@requires("staff:write")
def invite_staff(body: InvitationCreate) -> InvitationRead:
    """Ask somebody to join, by mail."""
    return staff.invite(current_session(), app.principal, body)


@app.patch("/v1/store/staff/<member_id>", tags=TAGS)
@requires("staff:write")
def update_staff(member_id: Id, body: StaffUpdate) -> StaffRead:
    """Change what a member may do; it takes effect within a minute."""
    event = app.current_event.raw_event
    return _tagged(staff.update_member(current_session(), app.principal, member_id, body, event))


@app.delete("/v1/store/staff/<member_id>", tags=TAGS, status_code=204)
@requires("staff:write")
def remove_staff(member_id: Id) -> None:
    """Let a member go."""
    staff.remove_member(current_session(), app.principal, member_id, app.current_event.raw_event)


@app.post("/v1/store/staff/invitations/<invitation_id>/resend", tags=TAGS)
@requires("staff:write")
def resend_invitation(invitation_id: Id) -> InvitationRead:
    """Send an invitation again."""
    return staff.resend(current_session(), app.principal, invitation_id)


@app.delete("/v1/store/staff/invitations/<invitation_id>", tags=TAGS, status_code=204)
@requires("staff:write")
def withdraw_invitation(invitation_id: Id) -> None:
    """Take an invitation back."""
    staff.withdraw(current_session(), app.principal, invitation_id)


@app.get("/v1/roles", tags=TAGS)
@signed_in
def list_roles() -> RolesRead:
    """The roles, and all permissions."""
    return staff.list_roles(current_session())


@app.get("/v1/store/subscription", tags=TAGS)
@requires("subscription:read")
def read_subscription() -> SubscriptionRead:
    """The store's plan, and how much of it is used."""
    return subscriptions.read_subscription(current_session())


@app.put("/v1/store/subscription", tags=TAGS)
@requires("subscription:write")
def change_subscription(body: SubscriptionChange) -> SubscriptionRead:
    """Choose a plan."""
    return subscriptions.change_subscription(current_session(), body)


@app.delete("/v1/store/subscription", tags=TAGS)
@requires("subscription:write")
def cancel_subscription() -> SubscriptionRead:
    """Stop paying; the plan stays until the end of what is paid."""
    return subscriptions.cancel_subscription(current_session())


@app.get("/v1/plans", tags=TAGS)
@signed_in
def list_plans() -> PlansRead:
    """The plans to choose from."""
    return subscriptions.list_plans(current_session())


@app.post("/v1/plans", tags=TAGS, status_code=201)
@requires("platform:plans")
def create_plan(body: PlanCreate) -> PlanRead:
    """Offer another plan."""
    return subscriptions.create_plan(body, _actor())


@app.patch("/v1/plans/<slug>", tags=TAGS)
@requires("platform:plans")
def update_plan(slug: Annotated[str, Path(max_length=60)], body: PlanUpdate) -> PlanRead:
    """Change a plan, for all stores that have it."""
    return _tagged(subscriptions.update_plan(slug, body, _actor(), app.current_event.raw_event))


@app.get("/v1/jobs", tags=TAGS)
@requires("platform:stores")
def list_jobs() -> JobsRead:
    """What runs on a clock, each with its last run."""
    return jobs.list_jobs()


@app.get("/v1/jobs/<name>/runs", tags=TAGS)
@requires("platform:stores")
def list_job_runs(
    name: Annotated[str, Path(max_length=60)], limit: Limit = 20, cursor: Cursor = None
) -> Page[JobRunRead]:
    """The runs of a job, newest first; they are kept for two weeks."""
    return jobs.list_runs(name, limit, cursor)


@app.get("/v1/audit-log", tags=TAGS)
@requires("audit:read")
def list_audit_log(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    action: Word = None,
    entity_type: Word = None,
    entity_id: Word = None,
    user_id: Word = None,
    since: Moment = None,
    until: Moment = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[AuditEntryRead]:
    """What was done in the store, newest first."""
    filters = {"action": action, "entity_type": entity_type, "entity_id": entity_id, "user_id": user_id}
    return audit_log.list_entries(current_session(), filters | {"since": since, "until": until}, limit, cursor)


def _actor() -> Actor:
    return actor_of(app.principal, app.current_event.raw_event)


def _tagged(shown: R) -> R:
    """The answer, with its version as the ETag."""
    add_header(current_session(), "ETag", f'"{shown.version}"')
    return shown


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
