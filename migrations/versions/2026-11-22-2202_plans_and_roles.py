"""The rows that every installation begins with: four plans and three roles. Operators may change them later.

Revision: 20261122_2202, after 20261122_2201. Adds rows that are not there, by slug.
"""

import json

from migrations.dialects import on_postgresql, run

revision: str = "20261122_2202"
down_revision: str | None = "20261122_2201"
branch_labels: str | None = None
depends_on: str | None = None

# id, slug, name, tier, monthly price in USD, trial days, products, orders a month, staff, MB, requests a minute
PLANS = [
    ("bew21hflnznjqiy9r4oxcpp5", "free", "Free", 0, 0, 0, 10, 50, 1, 100, 60),
    ("ng30i5tns76uyvirn115athj", "basic", "Basic", 1, 29, 14, 100, 500, 3, 1024, 120),
    ("q5p70bxt801x0s73ou7hoqzb", "pro", "Pro", 2, 99, 14, 1000, 5000, 10, 10240, 300),
    ("ta1z75mffj8mgbm6ftqckh7w", "enterprise", "Enterprise", 3, 499, 14, -1, -1, -1, -1, 1000),
]
# What comes with a tier and all above it.
FEATURES = {
    "has_api_access": 1,
    "has_abandoned_cart": 1,
    "has_pos_access": 2,
    "has_advanced_reports": 2,
    "has_priority_support": 3,
}
ROLES = [
    (
        "b7lk3ysyqrs0zq6h5r15kf39",
        "SUPER_ADMIN",
        "Super admin",
        "Runs the platform: reads every store, edits none.",
        ["*:read", "platform:stores", "platform:plans"],
    ),
    ("au7d2zhqmg38hnvdgkg3gniv", "STORE_ADMIN", "Store admin", "May do everything in the store.", ["*"]),
    (
        "bjvu11kbfrs7e40vyldwx4cf",
        "STAFF",
        "Staff",
        "Works in the store; each member may have permissions of their own.",
        [
            "products:read",
            "products:write",
            "inventory:read",
            "inventory:write",
            "orders:read",
            "orders:write",
            "customers:read",
            "pricing:read",
            "content:read",
            "reviews:read",
            "reviews:write",
            "pos:read",
            "pos:write",
            "store:read",
        ],
    ),
]


def upgrade() -> None:
    # SQLite stores amounts in thousandths.
    unit = 1 if on_postgresql() else 1000
    for key, slug, name, tier, price, trial, *limits in PLANS:
        features = [str(tier >= least).lower() for least in FEATURES.values()]
        run(
            "INSERT INTO subscription_plans (id, slug, name, tier, price, trial_days, max_products, max_orders, "
            f"max_staff, max_storage, api_rate_limit, {', '.join(FEATURES)}) VALUES ('{key}', '{slug}', '{name}', "
            f"{tier}, {price * unit}, {trial}, {', '.join(map(str, limits))}, {', '.join(features)}) "
            "ON CONFLICT (slug) DO NOTHING"
        )
    for key, slug, name, description, permissions in ROLES:
        run(
            "INSERT INTO roles (id, slug, name, description, permissions, is_system) VALUES "
            f"('{key}', '{slug}', '{name}', '{description}', '{json.dumps(permissions)}', true) "
            "ON CONFLICT (slug) DO NOTHING"
        )


def downgrade() -> None:
    # What is in use stays.
    plans, roles = (", ".join(f"'{row[0]}'" for row in rows) for rows in (PLANS, ROLES))
    run(
        f"DELETE FROM subscription_plans WHERE id IN ({plans}) "
        "AND NOT EXISTS (SELECT 1 FROM store_subscriptions WHERE plan_id = subscription_plans.id)"
    )
    used = " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM {table} WHERE role_id = roles.id)"
        for table in ("user_stores", "platform_members", "staff_invitations")
    )
    run(f"DELETE FROM roles WHERE id IN ({roles}) {used}")
