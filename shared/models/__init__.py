"""The models, a file per category. Importing this package maps them all."""

from shared.models.base import Base, SoftDeletes, TenantScoped, Versioned
from shared.models.catalog import (
    Attribute,
    Brand,
    Category,
    Media,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    Variant,
)
from shared.models.content import Blog, NewsletterCampaign, Page
from shared.models.customer import Address, Cart, CartItem, Customer, Wishlist, WishlistItem
from shared.models.identity import Account, PasswordHistory, Role, Session, User, UserStore, VerificationToken
from shared.models.integration import (
    ExternalLink,
    ExternalPlatformIntegration,
    PaymentGatewayConfig,
    SyncQueue,
    WebhookDelivery,
)
from shared.models.inventory import InventoryAdjustment, StockReservation
from shared.models.messaging import EmailMessage, IdempotencyKey, OutboxEvent
from shared.models.order import Order, OrderCounter, OrderItem, Payment, Refund, RefundItem, Shipment, ShipmentItem
from shared.models.pos import PosSession
from shared.models.pricing import (
    Coupon,
    CouponCategory,
    CouponCustomer,
    CouponProduct,
    CouponRedemption,
    FlashSale,
    FlashSaleItem,
    ShippingRate,
    ShippingZone,
    TaxExemption,
    TaxRate,
)
from shared.models.privacy import ConsentRecord, PrivacyRequest
from shared.models.review import ProductReview
from shared.models.store import AuditLog, Store
from shared.models.subscription import StoreSubscription, SubscriptionPlan

__all__ = [
    "Account",
    "Address",
    "Attribute",
    "AuditLog",
    "Base",
    "Blog",
    "Brand",
    "Cart",
    "CartItem",
    "Category",
    "ConsentRecord",
    "Coupon",
    "CouponCategory",
    "CouponCustomer",
    "CouponProduct",
    "CouponRedemption",
    "Customer",
    "EmailMessage",
    "ExternalLink",
    "ExternalPlatformIntegration",
    "FlashSale",
    "FlashSaleItem",
    "IdempotencyKey",
    "InventoryAdjustment",
    "Media",
    "NewsletterCampaign",
    "Order",
    "OrderCounter",
    "OrderItem",
    "OutboxEvent",
    "Page",
    "PasswordHistory",
    "Payment",
    "PaymentGatewayConfig",
    "PosSession",
    "PrivacyRequest",
    "Product",
    "ProductAttribute",
    "ProductCategory",
    "ProductLabel",
    "ProductReview",
    "Refund",
    "RefundItem",
    "Role",
    "Session",
    "Shipment",
    "ShipmentItem",
    "ShippingRate",
    "ShippingZone",
    "SoftDeletes",
    "StockReservation",
    "Store",
    "StoreSubscription",
    "SubscriptionPlan",
    "SyncQueue",
    "TaxExemption",
    "TaxRate",
    "TenantScoped",
    "User",
    "UserStore",
    "Variant",
    "VerificationToken",
    "Versioned",
    "WebhookDelivery",
    "Wishlist",
    "WishlistItem",
]
