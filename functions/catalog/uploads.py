"""Uploads of pictures and films: a signed form lets a browser put the file into S3, a confirmation makes it a medium.

What counts of a store's storage are the bytes of the files that products have, without their thumbnails. Those of a
deleted product go on counting until it is purged, as it can be restored with all its pictures.
"""

from datetime import timedelta
from functools import partial

from sqlalchemy import delete, select

from functions.catalog.media import LATE, free_place, is_open, unfeature
from functions.catalog.objects import Arrival, arrived, form, incoming_key, media_key, publish, remove
from functions.catalog.reading import product_of
from functions.catalog.real_type import real_type
from functions.catalog.schemas import MediumUploadCreate, MediumUploadRead
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError, ProblemError, invalid
from shared.models import Media, MediaUpload
from shared.models.base import new_id, now
from shared.plan_limits import Resource, check_room, take_place
from shared.settings import settings
from shared.tenancy import after_commit, tenant_of
from shared.tenant_session import TenantSession

_MB = 1024 * 1024
_MOST = {"image": 10 * _MB, "video": 50 * _MB}
_LASTS = timedelta(minutes=15)


def begin_upload(session: TenantSession, product_id: str, body: MediumUploadCreate) -> MediumUploadRead:
    """Make a form for a file of this type and size.

    Raises NotFoundError, InvalidError for a file that is too large, ConflictError when there are ten pictures,
    PlanError when the plan has no room for it.
    """
    product_of(session, product_id, lock=True)
    _check_size(body)
    session.execute(delete(MediaUpload).where(MediaUpload.product_id == product_id, ~is_open()))
    free_place(session, product_id)
    check_room(session, Resource.STORAGE, body.size)
    row = MediaUpload(id=new_id(), product_id=product_id, expires_at=now() + _LASTS, **body.model_dump())
    row.storage_key = incoming_key(tenant_of(session).id, row.id)
    session.add(row)
    session.flush()
    signed = form(row.storage_key, body.mime_type, body.size, int(_LASTS.total_seconds()))
    return MediumUploadRead(id=row.id, url=signed["url"], fields=signed["fields"], expires_at=row.expires_at)


def confirm_upload(session: TenantSession, product_id: str, upload_id: str) -> Media:
    """Make a medium of a file that has been uploaded; a second time the same one.

    A crash on the way leaves an object without a row, which the function that makes thumbnails deletes.
    Raises NotFoundError, ConflictError when the file is not there or it is too late, InvalidError when it is not what
    was announced, PlanError when the plan has no room for it.
    """
    of_product = select(MediaUpload).where(MediaUpload.product_id == product_id)
    # Who confirms it at the same moment waits here, and then finds the medium.
    upload = session.scalar(of_product.where(MediaUpload.id == upload_id).with_for_update())
    if upload is not None:
        return _confirmed(session, upload)
    product_of(session, product_id)
    made = select(Media).where(Media.product_id == product_id, Media.storage_key.is_not(None))
    medium = session.scalar(made.where(Media.id == upload_id))
    if medium is None:
        raise NotFoundError("upload_not_found", "This product has no such upload.")
    return medium


def _confirmed(session: TenantSession, upload: MediaUpload) -> Media:
    if upload.expires_at <= now() - LATE:
        raise ConflictError("upload_expired", "This upload has expired; begin another one.")
    arrival = _arrival_of(upload)
    medium = _medium_of(tenant_of(session).id, upload, arrival, _checked(upload, arrival))
    publish(upload.storage_key, arrival.etag, str(medium.storage_key), medium.mime_type)
    try:
        _place(session, medium)
    except ProblemError:
        remove(str(medium.storage_key))
        raise
    session.delete(upload)
    session.flush()
    after_commit(session, partial(remove, upload.storage_key))
    return medium


def _place(session: TenantSession, medium: Media) -> None:
    """Put a medium behind the others. Whoever changes the product, or what its store uses, waits from here on."""
    product = product_of(session, medium.product_id, lock=True)
    medium.display_order = free_place(session, medium.product_id, confirmed=medium.id)
    take_place(session, Resource.STORAGE, medium.size)
    if medium.is_featured:
        unfeature(session, medium.product_id)
    session.add(medium)
    product.updated_at = now()


def _check_size(body: MediumUploadCreate) -> None:
    most = _MOST[_family(body.mime_type)]
    if body.size > most:
        message = f"A file of this type has at most {most // _MB} MB."
        raise invalid([FieldError(loc=["body", "size"], message=message)])


def _arrival_of(upload: MediaUpload) -> Arrival:
    found = arrived(upload.storage_key)
    if found is None:
        raise ConflictError("not_uploaded", "The file is not there yet; post it with the form first.")
    return found


def _checked(upload: MediaUpload, arrival: Arrival) -> str:
    """The real type of a file. Raises InvalidError, and deletes it, when it is not what was announced."""
    found = real_type(arrival.head)
    if not 1 <= arrival.size <= upload.size:
        problem = ("wrong_file_size", f"The file has {arrival.size} bytes, but {upload.size} were announced.")
    elif found is None or _family(found) != _family(upload.mime_type):
        problem = ("wrong_file_type", f"The file is not what it was announced as, {upload.mime_type}.")
    else:
        return found
    remove(upload.storage_key)
    raise InvalidError(*problem)


def _medium_of(store_id: str, upload: MediaUpload, arrival: Arrival, mime_type: str) -> Media:
    key = media_key(store_id, upload.id, mime_type)
    return Media(
        id=upload.id,
        product_id=upload.product_id,
        url=f"{settings().media_url}/{key}",
        storage_key=key,
        mime_type=mime_type,
        size=arrival.size,
        alt_text=upload.alt_text,
        is_featured=upload.is_featured,
    )


def _family(mime_type: str) -> str:
    return mime_type.partition("/")[0]
