"""The closed sets of values, stored as text with a CHECK."""

from enum import StrEnum


class BillingCycle(StrEnum):
    """How often a plan is paid."""

    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class SubscriptionStatus(StrEnum):
    """Where a store stands with its plan."""

    TRIAL = "TRIAL"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class StoreStatus(StrEnum):
    """Whether a store trades."""

    ACTIVE = "ACTIVE"
    TRIAL = "TRIAL"
    TRIAL_EXPIRED = "TRIAL_EXPIRED"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class UserStatus(StrEnum):
    """Whether a user may sign in."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    SUSPENDED = "SUSPENDED"


class ProductStatus(StrEnum):
    """Only ACTIVE products reach a storefront."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class AttributeType(StrEnum):
    """How a storefront offers an attribute's values."""

    SELECT = "SELECT"
    SWATCH = "SWATCH"
    TEXT = "TEXT"


class TransferKind(StrEnum):
    """Which way products go."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"


class TransferStatus(StrEnum):
    """The life of an import or export."""

    AWAITING_FILE = "AWAITING_FILE"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class CatalogFormat(StrEnum):
    """Whose columns a file of products has."""

    STORMCOM = "STORMCOM"
    SHOPIFY = "SHOPIFY"
    WOOCOMMERCE = "WOOCOMMERCE"


class Severity(StrEnum):
    """Whether what is wrong with a row kept it out."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class AdjustmentReason(StrEnum):
    """Why stock moved."""

    RESTOCK = "RESTOCK"
    DAMAGE = "DAMAGE"
    THEFT = "THEFT"
    CORRECTION = "CORRECTION"
    RETURN = "RETURN"
    ORDER_PLACED = "ORDER_PLACED"
    ORDER_CANCELED = "ORDER_CANCELED"
    MANUAL = "MANUAL"


class AddressType(StrEnum):
    """What an address is for."""

    SHIPPING = "SHIPPING"
    BILLING = "BILLING"
    BOTH = "BOTH"


class OrderStatus(StrEnum):
    """The life of an order."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    PROCESSING = "PROCESSING"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELED = "CANCELED"
    REFUNDED = "REFUNDED"


class PaymentStatus(StrEnum):
    """How far an order is paid."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"


class FulfillmentStatus(StrEnum):
    """How far an order is sent."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"


class PaymentMethod(StrEnum):
    """How a customer pays."""

    CREDIT_CARD = "CREDIT_CARD"
    DEBIT_CARD = "DEBIT_CARD"
    PAYPAL = "PAYPAL"
    BANK_TRANSFER = "BANK_TRANSFER"
    CASH_ON_DELIVERY = "CASH_ON_DELIVERY"
    OTHER = "OTHER"


class PaymentTransactionStatus(StrEnum):
    """The life of one payment."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    CANCELED = "CANCELED"


class ShippingRateType(StrEnum):
    """What a shipping cost is counted by."""

    FLAT_RATE = "FLAT_RATE"
    PERCENTAGE = "PERCENTAGE"
    WEIGHT_BASED = "WEIGHT_BASED"
    PRICE_BASED = "PRICE_BASED"


class ShipmentStatus(StrEnum):
    """Where a parcel is."""

    PENDING = "PENDING"
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"


class RefundReason(StrEnum):
    """Why money goes back."""

    CUSTOMER_REQUEST = "CUSTOMER_REQUEST"
    DEFECTIVE_PRODUCT = "DEFECTIVE_PRODUCT"
    WRONG_ITEM_SHIPPED = "WRONG_ITEM_SHIPPED"
    DAMAGED_IN_SHIPPING = "DAMAGED_IN_SHIPPING"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    DUPLICATE_ORDER = "DUPLICATE_ORDER"
    OTHER = "OTHER"


class RefundStatus(StrEnum):
    """The life of a refund."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"


class DiscountType(StrEnum):
    """What a coupon or flash sale takes off."""

    PERCENTAGE = "PERCENTAGE"
    FIXED_AMOUNT = "FIXED_AMOUNT"
    FREE_SHIPPING = "FREE_SHIPPING"
    BUY_X_GET_Y = "BUY_X_GET_Y"


class FlashSaleStatus(StrEnum):
    """The life of a flash sale."""

    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    CANCELED = "CANCELED"


class CampaignStatus(StrEnum):
    """The life of a newsletter."""

    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    SENDING = "SENDING"
    SENT = "SENT"
    CANCELED = "CANCELED"


class TaxExemptionStatus(StrEnum):
    """The life of an exemption certificate."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class PageStatus(StrEnum):
    """Whether a page or post is shown."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"


class ExternalPlatform(StrEnum):
    """The shops we sync with."""

    WOOCOMMERCE = "WOOCOMMERCE"
    SHOPIFY = "SHOPIFY"


class SyncDirection(StrEnum):
    """Which way changes travel."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"
    BIDIRECTIONAL = "BIDIRECTIONAL"


class ConflictResolution(StrEnum):
    """Who wins when both sides changed."""

    LAST_WRITE_WINS = "LAST_WRITE_WINS"
    MANUAL_QUEUE = "MANUAL_QUEUE"
    PRIORITY_RULES = "PRIORITY_RULES"


class SyncStatus(StrEnum):
    """What an integration is doing."""

    IDLE = "IDLE"
    SYNCING = "SYNCING"
    ERROR = "ERROR"


class SyncOperation(StrEnum):
    """What happened to the entity."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class SyncQueueStatus(StrEnum):
    """The life of one queued change."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CONFLICT = "CONFLICT"


class SyncRunKind(StrEnum):
    """Why a whole shop is looked through."""

    IMPORT = "IMPORT"
    RECONCILIATION = "RECONCILIATION"


class SyncRunStatus(StrEnum):
    """The life of an import or reconciliation of a connected shop."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class ReviewStatus(StrEnum):
    """Whether a review is shown."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    FLAGGED = "FLAGGED"


class PrivacyRequestKind(StrEnum):
    """What a customer asked of their data."""

    EXPORT = "EXPORT"
    ERASURE = "ERASURE"


class PrivacyRequestStatus(StrEnum):
    """The life of a privacy request."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class JobStatus(StrEnum):
    """How a run of what is on a clock went."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    """As a whole, or for some stores: the error says which."""
    CUT_OFF = "CUT_OFF"
    """Its time was over and nobody had heard of it."""
