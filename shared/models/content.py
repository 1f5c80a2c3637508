"""What a store says: pages, posts and newsletters."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from shared.models.base import (
    Base,
    SoftDeletes,
    TenantScoped,
    Versioned,
    live_index,
    live_unique,
    not_negative,
)
from shared.models.columns import flag, json_list, json_object, number, one_of
from shared.models.enums import CampaignStatus, PageStatus


class Page(TenantScoped, SoftDeletes, Versioned, Base):
    """A page that stays, such as About or Returns. Content is cleaned HTML."""

    __tablename__ = "pages"
    __table_args__ = (live_unique("uq_pages_live_slug", "slug"), live_index("ix_pages_live_status", "status"))

    title: Mapped[str]
    slug: Mapped[str]
    content: Mapped[str]
    status: Mapped[PageStatus] = one_of(PageStatus.DRAFT)
    published_at: Mapped[datetime | None]
    meta_title: Mapped[str | None]
    meta_description: Mapped[str | None]
    meta_keywords: Mapped[str | None]
    display_order: Mapped[int] = number()
    show_in_footer: Mapped[bool] = flag(False)


class Blog(TenantScoped, SoftDeletes, Versioned, Base):
    """A post. Content is cleaned HTML; `author_id` is a user, kept when the user leaves."""

    __tablename__ = "blogs"
    __table_args__ = (
        live_unique("uq_blogs_live_slug", "slug"),
        live_index("ix_blogs_live_newest", "status", "published_at", "id"),
        *not_negative("view_count"),
    )

    title: Mapped[str]
    slug: Mapped[str]
    excerpt: Mapped[str | None]
    content: Mapped[str]
    featured_image_url: Mapped[str | None]
    author_id: Mapped[str]
    status: Mapped[PageStatus] = one_of(PageStatus.DRAFT)
    published_at: Mapped[datetime | None]
    meta_title: Mapped[str | None]
    meta_description: Mapped[str | None]
    view_count: Mapped[int] = number()
    categories: Mapped[list[str]] = json_list()
    tags: Mapped[list[str]] = json_list()


class NewsletterCampaign(TenantScoped, Versioned, Base):
    """A newsletter, whom it is for, and how it fared."""

    __tablename__ = "newsletter_campaigns"
    __table_args__ = (
        Index(None, "store_id", "status"),
        Index(None, "scheduled_at"),
        *not_negative("recipient_count", "open_count", "click_count"),
    )

    name: Mapped[str]
    subject: Mapped[str]
    content: Mapped[str]
    audience_filter: Mapped[dict[str, Any]] = json_object()
    scheduled_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    recipient_count: Mapped[int] = number()
    open_count: Mapped[int] = number()
    click_count: Mapped[int] = number()
    status: Mapped[CampaignStatus] = one_of(CampaignStatus.DRAFT)
