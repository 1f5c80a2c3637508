"""What sorts and shows a product of another shop: categories, brand, qualities, pictures that lie elsewhere."""

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from slugify import slugify
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from functions.sync.entities import CATEGORY, ExternalCategory, ExternalImage, ExternalProduct
from functions.sync.hashing import content_hash
from functions.sync.inbound import links, versions
from functions.sync.inbound.links import Integration
from functions.sync.inbound.pictures import originals
from shared.models import Attribute, Brand, Category, ExternalLink, Media, Product, ProductAttribute, ProductCategory
from shared.models.base import new_id
from shared.slugs import free_slug
from shared.tenant_session import TenantSession

_MOST_PICTURES = 10
Qualities = Sequence[tuple[str, tuple[str, ...]]]
"""Names with their values."""


def place(session: TenantSession, integration: Integration, product: Product, entity: ExternalProduct) -> None:
    """Put a product on their shelves and no others; a shelf that is not there yet is made."""
    ids = categories(session, integration, [entity])
    _clear(session, ProductCategory, product)
    session.add_all(placed(product, entity, ids))
    session.flush()


def categories(session: TenantSession, integration: Integration, entities: Iterable[ExternalProduct]) -> dict[str, str]:
    """Our ids of all shelves that products stand on, by theirs; each is looked at once, as the newest one names it."""
    newest: dict[str, tuple[Any, ExternalCategory, ExternalProduct]] = {}
    for entity in entities:
        for one in entity.categories or ():
            said = (entity.updated_at or versions.NEVER, content_hash(one))
            if _key(one) not in newest or said > newest[_key(one)][0]:
                newest[_key(one)] = said, one, entity
    # By their ids, in which they are locked.
    return {key: _category(session, integration, *newest[key][1:]) for key in sorted(newest)}


def placed(product: Product, entity: ExternalProduct, ids: Mapping[str, str]) -> list[ProductCategory]:
    """A product's places, the first of which is the primary one."""
    return [
        ProductCategory(product_id=product.id, category_id=category, is_primary=place == 0)
        for place, category in enumerate(dict.fromkeys(ids[_key(one)] for one in entity.categories or ()))
    ]


def brand(session: TenantSession, name: str) -> str:
    """The brand of a name, made when there is none."""
    slug = slugify(name, max_length=190) or "brand"
    query = select(Brand.id).where(Brand.slug == slug)
    return session.scalar(query) or _made(session, Brand, query, name=name, slug=slug)


def describe(session: TenantSession, product: Product, given: Qualities) -> None:
    """Give a product these qualities and no others."""
    _clear(session, ProductAttribute, product)
    session.add_all(described(product, given, attributes(session, given)))
    session.flush()


def attributes(session: TenantSession, given: Qualities) -> dict[str, str]:
    """Our ids of qualities, by their names; with the values that each must have."""
    values: dict[str, dict[str, None]] = {}
    for name, some in given:
        values.setdefault(name, {}).update(dict.fromkeys(some))
    return {name: _attribute(session, name, list(values[name])) for name in sorted(values)}


def described(product: Product, given: Qualities, ids: Mapping[str, str]) -> list[ProductAttribute]:
    """A product's qualities; two names of one quality are one."""
    merged: dict[str, list[str]] = {}
    for name, values in sorted(given):
        known = merged.setdefault(ids[name], [])
        known += [value for value in values if value not in known]
    return [
        ProductAttribute(product_id=product.id, attribute_id=attribute, selected_values=values)
        for attribute, values in merged.items()
    ]


def show(session: TenantSession, product: Product, link: ExternalLink, images: Sequence[ExternalImage]) -> None:
    """Show their pictures in their order; those that staff have added stay behind them, or where they show copies."""
    rows = session.scalars(select(Media).where(Media.product_id == product.id).order_by(Media.display_order)).all()
    theirs = set(link.details.get("images", ()))
    own = {row.url: row for row in rows if row.url not in theirs}
    taken = {row.url: row for row in rows if row.storage_key is None}
    copies = originals(images, link.details.get("pictures", {}), own)
    by_url = {image.url: image for image in images}
    for url in theirs - by_url.keys():
        if url in taken:
            session.delete(taken.pop(url))
    known = [url for url in by_url if url not in copies and url in taken]
    room = max(_MOST_PICTURES - len({*own, *known}), 0)
    new = [url for url in by_url if url not in copies and url not in taken][:room]
    wanted = [url for url in by_url if url in known or url in new]
    seen = []
    for url, image in by_url.items():
        if url in wanted:
            row = taken.get(url) or _picture(product, url)
            row.alt_text = image.alt
            session.add(row)
            seen.append(row)
        elif url in copies:
            seen.append(own[copies[url]])
    behind = [row for url, row in own.items() if row not in seen]
    for order, row in enumerate((*seen, *behind)):
        row.display_order = order
    links.detail(link, images=wanted or None, pictures=_by_id(images, copies) if copies else None)
    session.flush()


def shown(product: Product, link: ExternalLink, images: Sequence[ExternalImage]) -> list[Media]:
    """The pictures of a product that has none yet."""
    alts = {image.url: image.alt for image in images}
    wanted = list(alts)[:_MOST_PICTURES]
    rows = [_picture(product, url) for url in wanted]
    for order, row in enumerate(rows):
        row.display_order, row.alt_text = order, alts[row.url]
    links.detail(link, images=wanted or None)
    return rows


def _by_id(images: Sequence[ExternalImage], copies: Mapping[str, str]) -> dict[str, str]:
    return {one.external_id: copies.get(one.url, one.url) for one in images if one.external_id}


def _category(session: TenantSession, integration: Integration, one: ExternalCategory, whole: ExternalProduct) -> str:
    link = links.locked(session, integration, CATEGORY, _key(one))
    slug = slugify(one.slug or "", max_length=190) or slugify(one.name, max_length=190) or "category"
    row = links.row_of(session, Category, link.entity_id, lock=False)
    if links.is_stub(link):
        linked = select(ExternalLink.entity_id).where(
            ExternalLink.integration_id == integration.id, ExternalLink.entity_type == CATEGORY
        )
        query = select(Category.id).where(Category.slug == slug, Category.id.not_in(linked))
        found = session.scalar(query)
        if found is None:
            free = free_slug(session, Category, slug)
            found = _made(session, Category, query, id=link.entity_id, name=one.name, slug=free)
        links.bind(session, link, found)
        _seen(link, one, whole)
    elif row is not None and _is_renamed(link, one, whole):
        row.name = one.name
        _seen(link, one, whole)
    return link.entity_id


def _is_renamed(link: ExternalLink, one: ExternalCategory, whole: ExternalProduct) -> bool:
    known = (link.external_updated_at or versions.NEVER, link.content_hash or "")
    return (whole.updated_at or versions.NEVER, content_hash(one)) > known


def _seen(link: ExternalLink, one: ExternalCategory, whole: ExternalProduct) -> None:
    link.external_updated_at, link.content_hash = whole.updated_at, content_hash(one)


def _key(one: ExternalCategory) -> str:
    return one.external_id or f"name:{one.name}"


def _attribute(session: TenantSession, name: str, values: Sequence[str]) -> str:
    slug = slugify(name) or name
    query = select(Attribute).where(Attribute.slug == slug).with_for_update()
    row = session.scalar(query)
    if row is None:
        _made(session, Attribute, select(Attribute.id).where(Attribute.slug == slug), name=name, slug=slug, values=[])
        row = session.scalars(query).one()
    if new := [value for value in values if value not in row.values]:
        row.values = [*row.values, *new]
    return row.id


def _made(session: TenantSession, model: Any, query: Any, **values: Any) -> str:
    """A row that somebody else may be making too; theirs, if they were quicker."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).values({"id": new_id()} | values).on_conflict_do_nothing())
    found = session.scalar(query)
    return str(found or session.scalars(select(model.id).where(model.slug == values["slug"])).one())


def _picture(product: Product, url: str) -> Media:
    kind = mimetypes.guess_type(urlsplit(url).path)[0] or "image/jpeg"
    return Media(product_id=product.id, url=url, mime_type=kind, size=0)


def _clear(session: TenantSession, model: Any, product: Product) -> None:
    gone = delete(model).where(model.product_id == product.id)
    session.execute(gone.execution_options(synchronize_session=False))
