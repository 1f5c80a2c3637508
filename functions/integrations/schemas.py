"""What integrations take and give, as JSON. Keys and secrets are taken, and never given."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from shared.models.enums import (
    ConflictResolution,
    ExternalPlatform,
    SyncDirection,
    SyncOperation,
    SyncQueueStatus,
    SyncRunKind,
    SyncRunStatus,
    SyncStatus,
)
from shared.wire_types import Request, Url

Key = Annotated[SecretStr, Field(min_length=1, max_length=500)]
Entity = Literal["product", "variant", "stock", "order", "customer", "coupon", "refund"]
Direction = Literal["INBOUND", "OUTBOUND", "BIDIRECTIONAL", "OFF"]


class EntityRule(Request):
    """How one type of entity travels, and who wins under PRIORITY_RULES."""

    direction: Direction | None = None
    winner: Literal["OURS", "THEIRS"] | None = None


def _only_in(rules: dict[Entity, Direction | EntityRule]) -> dict[Entity, Direction | EntityRule]:
    """Coupons, customers and refunds are taken in and never sent out, so that nobody shall wait for it."""
    for entity in ("coupon", "customer", "refund"):
        rule = rules.get(entity)
        if (rule.direction if isinstance(rule, EntityRule) else rule) == "OUTBOUND":
            raise ValueError(f"{entity} is not sent to a shop; it can be INBOUND or OFF.")
    return rules


Overrides = Annotated[
    dict[Entity, Direction | EntityRule],
    AfterValidator(_only_in),
    Field(
        description="What goes another way than the rest; variants go with their product unless named.",
        examples=[{"product": "INBOUND", "order": "OFF"}],
    ),
]


class ShopCredentials(Request):
    """WooCommerce: consumer key and secret, with the right to write. Shopify: the app's access token and client secret,
    with which it signs its deliveries.
    """

    consumer_key: Key | None = None
    consumer_secret: Key | None = None
    access_token: Key | None = None
    client_secret: Key | None = None


class IntegrationCreate(Request):
    """A shop to connect. It is called before anything is kept."""

    platform: ExternalPlatform
    api_url: Url = Field(description="The WordPress site, or `https://<shop>.myshopify.com`.")
    credentials: ShopCredentials
    sync_direction: SyncDirection = SyncDirection.BIDIRECTIONAL
    entity_overrides: Overrides = {}  # noqa: RUF012 - pydantic copies it
    conflict_resolution: ConflictResolution = ConflictResolution.LAST_WRITE_WINS


class IntegrationUpdate(Request):
    """What may be changed; what is left out stays."""

    sync_direction: SyncDirection | None = None
    entity_overrides: Overrides | None = None
    conflict_resolution: ConflictResolution | None = None
    is_active: bool | None = Field(None, description="False pauses: deliveries are kept, and nothing is applied.")
    notify_customers: bool | None = Field(
        None, description="Whether the shop writes to its customers about their orders, as it does at first, or we do."
    )


class SecretRotation(Request):
    """WooCommerce gets a new secret made for it; of a Shopify app the new client secret is given."""

    client_secret: Key | None = None
    keep_previous: bool = Field(True, description="Take deliveries signed with the one before for seven days more.")


class RegisteredWebhook(BaseModel):
    """A webhook that we registered in the shop."""

    id: str
    topic: str


class IntegrationSummaryRead(BaseModel):
    """A connected shop in a list."""

    id: str
    platform: ExternalPlatform
    api_url: str
    external_shop: str | None
    sync_direction: SyncDirection
    entity_overrides: dict[str, Any]
    conflict_resolution: ConflictResolution
    is_active: bool
    sync_status: SyncStatus
    last_sync_at: datetime | None
    last_delivery_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    secret_rotated_at: datetime | None
    disconnected_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class IntegrationRead(IntegrationSummaryRead):
    """A connected shop and how it fares. `lag_seconds` is how long the oldest change has waited, 0 when none does."""

    lag_seconds: int
    queue: dict[SyncQueueStatus, int]
    webhooks: list[RegisteredWebhook]
    shop_settings: dict[str, Any] = Field(description="What was found out about the shop, such as its currency.")


class IntegrationTestRead(BaseModel):
    """Whether a shop answers to our keys. Webhooks that were gone or asleep have been registered again."""

    ok: bool
    code: str | None = None
    detail: str | None = None
    webhooks_repaired: list[str] = []


class SyncRunCreate(Request):
    """A whole shop to look through."""

    kind: SyncRunKind = SyncRunKind.RECONCILIATION


class SyncRunRead(BaseModel):
    """An import or reconciliation, and how far it is. `drift` is what differed, or was gone without a word."""

    id: str
    integration_id: str
    kind: SyncRunKind
    status: SyncRunStatus
    entity_type: str | None
    total: int | None
    seen: int
    created_count: int
    updated_count: int
    unchanged_count: int
    failed_count: int
    drift: list[dict[str, Any]]
    error: str | None
    since: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    created_at: datetime


class SyncQueueItemRead(BaseModel):
    """A change on its way. `entity_id` is theirs when it comes in, and ours when it goes out."""

    id: str
    integration_id: str
    direction: SyncDirection
    entity_type: str
    entity_id: str
    operation: SyncOperation
    status: SyncQueueStatus
    reason: str | None
    error_message: str | None
    retry_count: int
    available_at: datetime | None
    processed_at: datetime | None
    created_at: datetime


class SyncQueueDetailRead(SyncQueueItemRead):
    """A change with what it was queued with, and the delivery that it came with, while that is kept."""

    data: dict[str, Any]
    webhook_delivery_id: str | None
    body: str | None = Field(description="Of the delivery, as text.")


class Keep(StrEnum):
    """Whose side of a conflict stays."""

    THEIRS = "theirs"
    OURS = "ours"
    NEITHER = "neither"


class ConflictDecision(Request):
    """`theirs` is applied again over ours, `ours` is sent to the shop, `neither` closes it as it is.

    Products, variants, orders and stock can be sent; of customers, coupons and refunds `ours` is 409 `not_sent`.
    """

    keep: Keep
