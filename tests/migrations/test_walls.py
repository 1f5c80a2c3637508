"""No tenant-scoped table lacks a wall, and the walk that says so notices each wall that is taken away."""

import pytest
from sqlalchemy import Connection, text

from shared.models import Base
from tests.migrations.walls import missing_walls, models, tenant_tables

DICTIONARY = [
    "SubscriptionPlan",
    "StoreSubscription",
    "User",
    "UserStore",
    "Role",
    "Account",
    "Session",
    "VerificationToken",
    "PasswordHistory",
    "Store",
    "AuditLog",
    "Product",
    "Variant",
    "Category",
    "Brand",
    "Attribute",
    "ProductAttribute",
    "ProductCategory",
    "ProductLabel",
    "Media",
    "InventoryAdjustment",
    "Customer",
    "Address",
    "Cart",
    "Wishlist",
    "Order",
    "OrderItem",
    "Payment",
    "Refund",
    "Shipment",
    "Coupon",
    "FlashSale",
    "TaxRate",
    "TaxExemption",
    "ShippingZone",
    "ShippingRate",
    "Page",
    "Blog",
    "NewsletterCampaign",
    "ProductReview",
    "PosSession",
    "ExternalPlatformIntegration",
    "SyncQueue",
    "PaymentGatewayConfig",
]

OWN = "store_id = (SELECT app.current_store())"
DROP_TENANT = "DROP POLICY tenant ON products"
CREATE_TENANT = "CREATE POLICY tenant ON products TO stormcom_function"
REMOVALS = [
    ("ALTER TABLE products DISABLE ROW LEVEL SECURITY", "products: row-level security is off"),
    ("ALTER TABLE stores DISABLE ROW LEVEL SECURITY", "stores: row-level security is off"),
    ("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY", "orders: row-level security is not forced"),
    (DROP_TENANT, "products: no policy tenant"),
    ("DROP POLICY platform ON carts", "carts: no policy platform"),
    (f"{DROP_TENANT}; {CREATE_TENANT} USING ({OWN})", "products: policy tenant has a wrong WITH CHECK"),
    (
        f"{DROP_TENANT}; {CREATE_TENANT} USING ({OWN}) WITH CHECK (true)",
        "products: policy tenant has a wrong WITH CHECK",
    ),
    (
        f"{DROP_TENANT}; {CREATE_TENANT} USING (true) WITH CHECK ({OWN})",
        "products: policy tenant has a wrong USING",
    ),
    (
        f"{DROP_TENANT}; {CREATE_TENANT} USING ({OWN} OR id IS NOT NULL) WITH CHECK ({OWN})",
        "products: policy tenant has a wrong USING",
    ),
    (
        f"{DROP_TENANT}; CREATE POLICY tenant ON products USING ({OWN}) WITH CHECK ({OWN})",
        "products: policy tenant is not for all that {stormcom_function} does",
    ),
    (
        "CREATE POLICY identity ON orders FOR SELECT TO stormcom_identity USING (true)",
        "orders: unexpected policy identity",
    ),
    (
        "DROP POLICY identity ON audit_logs; "
        "CREATE POLICY identity ON audit_logs TO stormcom_identity USING (true) WITH CHECK (true)",
        "audit_logs: policy identity is not as it should be",
    ),
    ("CREATE POLICY guest ON media FOR SELECT USING (true)", "media: unexpected policy guest"),
    (
        "ALTER TABLE variants ADD FOREIGN KEY (product_id) REFERENCES products (id)",
        "variants: foreign key (product_id) can leave the store",
    ),
    (
        "ALTER TABLE accounts ADD COLUMN product_id text REFERENCES products (id)",
        "accounts: foreign key (product_id) can leave the store",
    ),
    (
        "ALTER TABLE variants DROP CONSTRAINT fk_variants_store_id_product_id",
        "variants: no foreign key (store_id, product_id)",
    ),
    (
        "ALTER TABLE wishlist_items DROP CONSTRAINT uq_wishlist_items_store_id_id",
        "wishlist_items: no unique (store_id, id)",
    ),
    ("CREATE UNIQUE INDEX of_all_stores ON orders (order_number)", "orders: unique of_all_stores reaches over stores"),
    ("ALTER TABLE pages ALTER store_id DROP NOT NULL", "pages: store_id may be missing"),
    ("ALTER TABLE accounts ADD COLUMN store_id text", "accounts: global, yet it has a store_id"),
    ("CREATE TABLE notes (id text, store_id text NOT NULL)", "notes: neither tenant-scoped nor global"),
    ("CREATE VIEW all_orders AS SELECT * FROM orders", "all_orders: neither tenant-scoped nor global"),
    ("ALTER TABLE media RENAME TO pictures", "media: no such table"),
]


def test_every_model_of_the_dictionary_is_mapped() -> None:
    names = {cls.__name__ for cls in models().values()}

    assert len(DICTIONARY) == len(set(DICTIONARY)) == 44
    assert set(DICTIONARY) - names == set()
    assert set(models()) == set(Base.metadata.tables)


def test_no_table_lacks_a_wall(catalogue: Connection) -> None:
    assert len(tenant_tables()) >= 44 - 7
    assert missing_walls(catalogue) == []


@pytest.mark.parametrize(("removal", "wall"), REMOVALS, ids=[wall for _, wall in REMOVALS])
def test_a_removed_wall_is_noticed(catalogue: Connection, removal: str, wall: str) -> None:
    for statement in removal.split("; "):
        catalogue.execute(text(statement))

    assert wall in missing_walls(catalogue)


def test_a_composite_key_replaced_by_a_single_column_is_noticed(catalogue: Connection) -> None:
    catalogue.execute(text("ALTER TABLE variants DROP CONSTRAINT fk_variants_store_id_product_id"))
    catalogue.execute(text("ALTER TABLE variants ADD FOREIGN KEY (product_id) REFERENCES products (id)"))

    assert missing_walls(catalogue) == [
        "variants: foreign key (product_id) can leave the store",
        "variants: no foreign key (store_id, product_id)",
    ]
