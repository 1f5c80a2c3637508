"""What the stores context takes and gives, as JSON."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    HttpUrl,
    JsonValue,
    PlainSerializer,
    StringConstraints,
)

from functions.stores.currencies import CURRENCIES
from shared.models.enums import BillingCycle, JobStatus, StoreStatus, SubscriptionStatus
from shared.permissions import STORE_PERMISSIONS
from shared.wire_types import Email, Language, Name, Request, Timezone

LARGEST_SETTINGS = 65_536
RESERVED = {"admin", "api", "app", "assets", "auth", "docs", "help", "mail", "shop", "static", "status", "www"}


def _free_slug(slug: str) -> str:
    if slug in RESERVED:
        raise ValueError("this slug is reserved; choose another")
    return slug


def _lower(given: Any) -> Any:
    return given.lower() if isinstance(given, str) else given


def _storable(given: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """JSON as RFC 8259 has it: Python's parser also takes NaN, Infinity and halves of surrogate pairs."""
    if len(json.dumps(given, allow_nan=False, ensure_ascii=False).encode()) > LARGEST_SETTINGS:
        raise ValueError(f"settings take {LARGEST_SETTINGS} bytes at most")
    return given


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this time is out of range") from error


def _known_currency(currency: str) -> str:
    if currency not in CURRENCIES:
        raise ValueError("no such currency; use a code of ISO 4217 such as EUR")
    return currency


def _known_permissions(permissions: list[str]) -> list[str]:
    if unknown := sorted(set(permissions) - STORE_PERMISSIONS):
        raise ValueError(f"no such permission: {', '.join(unknown)}; GET /v1/roles lists them")
    return sorted(set(permissions))


Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=3, max_length=60),
    AfterValidator(_free_slug),
    Field(description="Lower-case letters, digits and hyphens; the shop's address begins with it."),
]
Currency = Annotated[
    str,
    Field(pattern=r"^[A-Z]{3}$", examples=["EUR"], description="ISO 4217; it cannot be changed."),
    AfterValidator(_known_currency),
]
UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#1b7f5c"])]
Url = Annotated[HttpUrl, Field(max_length=500), PlainSerializer(str, return_type=str)]
Domain = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=253),
    Field(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,57}[a-z0-9])$",
        examples=["shop.example.com"],
    ),
    BeforeValidator(_lower),
]
Permissions = Annotated[list[str], Field(max_length=60), AfterValidator(_known_permissions)]
StaffRole = Literal["STORE_ADMIN", "STAFF"]
Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Limit = Annotated[int, Field(ge=-1, le=1_000_000_000, description="-1 is none.")]


class StoreCreate(Request):
    """A new store. The slug is made from the name unless given; plans with a price begin with a trial."""

    name: Name
    slug: Slug | None = None
    currency: Currency
    email: Email | None = Field(None, description="The creator's, unless given.")
    timezone: Timezone = "UTC"
    language: Language = "en"
    plan: str = Field("basic", max_length=60)


class StoreUpdate(Request):
    """What may be changed of a store; what is left out stays."""

    name: Name | None = None
    email: Email | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    tax_id: Annotated[str, Field(max_length=60)] | None = None
    timezone: Timezone | None = None
    language: Language | None = None
    logo_url: Url | None = None
    favicon_url: Url | None = None
    primary_color: Color | None = None
    onboarding_completed: bool | None = None
    allow_coupons_with_flash_sale: bool | None = None
    settings: Annotated[dict[str, JsonValue], Field(max_length=100), AfterValidator(_storable)] | None = None


class StoreRead(BaseModel):
    """A store, to those who work in it."""

    id: str
    slug: str
    name: str
    status: StoreStatus
    currency: str
    email: str
    phone: str | None
    address: str | None
    tax_id: str | None
    timezone: str
    language: str
    logo_url: str | None
    favicon_url: str | None
    primary_color: str
    domain: str | None
    maintenance_mode: bool
    onboarding_completed: bool
    allow_coupons_with_flash_sale: bool
    settings: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(description="Set for a deleted one, which can be restored for 90 days.")


class StoreStatusChange(Request):
    """What the platform may change of a store."""

    status: Literal["ACTIVE", "SUSPENDED", "CLOSED"]


class MaintenanceChange(Request):
    """Whether shoppers are kept out for a while."""

    enabled: bool


class DomainChange(Request):
    """The domain under which the shop shall be found."""

    domain: Domain


class DomainRead(BaseModel):
    """The shop's own domain, and what its owner must do for the one that is asked for."""

    domain: str | None
    pending_domain: str | None
    record_name: str | None = Field(description="Create a DNS record of type TXT with this name ...")
    record_value: str | None = Field(description="... and this value, then POST /v1/store/domain/verify.")


class StaffRead(BaseModel):
    """Somebody who works in the store."""

    id: str
    user_id: str
    email: str
    name: str | None
    role: str
    permissions: list[str] = Field(description="`*` is all of them.")
    is_active: bool
    mfa_enabled: bool
    last_login_at: datetime | None
    joined_at: datetime
    version: int


class InvitationRead(BaseModel):
    """Somebody who has been asked to join. It holds a place of the plan until it is taken up or withdrawn."""

    id: str
    email: str
    role: str
    permissions: list[str]
    invited_by: str
    expires_at: datetime
    is_expired: bool


class StaffListRead(BaseModel):
    """Who works in the store, and who has been asked to."""

    members: list[StaffRead]
    invitations: list[InvitationRead]


class InvitationCreate(Request):
    """Whom to ask, and as what. `permissions` replace those that STAFF have otherwise."""

    email: Email
    role: StaffRole = "STAFF"
    permissions: Permissions | None = None


class StaffUpdate(Request):
    """What may be changed of a member; what is left out stays."""

    role: StaffRole | None = None
    permissions: Permissions | None = None
    is_active: bool | None = None


class RoleRead(BaseModel):
    """A role, and what it allows."""

    slug: str
    name: str
    description: str | None
    permissions: list[str]


class RolesRead(BaseModel):
    """The roles, and the permissions that a member may have of their own."""

    items: list[RoleRead]
    permissions: list[str]


class PlanFeatures(BaseModel):
    """What a plan includes beside its limits."""

    has_advanced_reports: bool = False
    has_abandoned_cart: bool = False
    has_pos_access: bool = False
    has_api_access: bool = False
    has_priority_support: bool = False


class PlanRead(PlanFeatures):
    """A plan. Prices are in USD; a limit of -1 is none; orders are by the month, storage in MB."""

    slug: str
    name: str
    description: str | None
    tier: int
    price: str
    billing_cycle: BillingCycle
    trial_days: int
    max_products: int
    max_orders: int
    max_staff: int
    max_storage: int
    api_rate_limit: int
    is_active: bool
    is_public: bool
    version: int


class PlansRead(BaseModel):
    """The plans to choose from, smallest first."""

    items: list[PlanRead]


class PlanUpdate(Request):
    """What may be changed of a plan; what is left out stays. Stores on it have the new limits at once."""

    name: Name | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    tier: Annotated[int, Field(ge=0, le=1000)] | None = None
    price: Price | None = None
    trial_days: Annotated[int, Field(ge=0, le=365)] | None = None
    max_products: Limit | None = None
    max_orders: Limit | None = None
    max_staff: Limit | None = None
    max_storage: Limit | None = None
    api_rate_limit: Annotated[int, Field(ge=1, le=100_000)] | None = None
    has_advanced_reports: bool | None = None
    has_abandoned_cart: bool | None = None
    has_pos_access: bool | None = None
    has_api_access: bool | None = None
    has_priority_support: bool | None = None
    is_active: bool | None = None
    is_public: bool | None = None


class PlanCreate(Request, PlanFeatures):
    """A new plan."""

    slug: Slug
    name: Name
    description: Annotated[str, Field(max_length=1000)] | None = None
    tier: Annotated[int, Field(ge=0, le=1000)]
    price: Price
    billing_cycle: BillingCycle = BillingCycle.MONTHLY
    trial_days: Annotated[int, Field(ge=0, le=365)] = 14
    max_products: Limit
    max_orders: Limit
    max_staff: Limit
    max_storage: Limit
    api_rate_limit: Annotated[int, Field(ge=1, le=100_000)]
    is_public: bool = True


class UsageRead(BaseModel):
    """How much of a limit is used; `limit` is null where there is none. `is_near` from four fifths on."""

    resource: str
    used: int
    limit: int | None
    is_near: bool


class SubscriptionRead(BaseModel):
    """What the store has subscribed to, and how much of it is used."""

    plan: PlanRead
    status: SubscriptionStatus
    standing: str = Field(description="active, grace (no new catalogue) or suspended (read, and choose a plan).")
    trial_ends_at: datetime | None
    next_billing_at: datetime | None
    ends_at: datetime | None
    payment_method: str | None
    usage: list[UsageRead]


class SubscriptionChange(Request):
    """The plan to have from now on, and how it is paid; a running trial goes on without."""

    plan: Annotated[str, Field(max_length=60)]
    payment_method: Literal["INVOICE"] | None = None


class AuditEntryRead(BaseModel):
    """What was done, by whom, from where; secrets are shown as `***`."""

    id: str
    created_at: datetime
    actor_email: str
    user_id: str | None
    action: str
    entity_type: str
    entity_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ip_address: str | None
    user_agent: str | None


class JobRunRead(BaseModel):
    """A run of a job. `seconds` is null while it goes on, `counts` says how many of what was done."""

    started_at: UtcTime
    finished_at: UtcTime | None
    seconds: float | None
    status: JobStatus
    counts: dict[str, int]
    error: str | None
    more_to_do: bool


class JobRead(BaseModel):
    """A job with its schedule, as EventBridge writes it, and its last run; null if it never ran."""

    name: str
    does: str
    schedule: str
    timezone: str
    last_run: JobRunRead | None


class JobsRead(BaseModel):
    """Everything that runs on a clock."""

    items: list[JobRead]
