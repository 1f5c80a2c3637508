"""The routes of products' pictures and films."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.catalog import media, uploads
from functions.catalog.reading import medium_shown
from functions.catalog.schemas import MediumGiven, MediumRead, MediumUpdate, MediumUploadCreate, MediumUploadRead
from shared.auth import requires
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["catalog"]
Id = Annotated[str, Path(max_length=40)]


@router.post("/v1/products/<product_id>/media", tags=TAGS, status_code=201)
@requires("products:write")
def add_medium(product_id: Id, body: MediumGiven) -> MediumRead:
    """Add a picture that lies elsewhere on the web."""
    return medium_shown(media.add_medium(current_session(), product_id, body))


@router.post("/v1/products/<product_id>/media/uploads", tags=TAGS, status_code=201)
@requires("products:write")
def begin_upload(product_id: Id, body: MediumUploadCreate) -> MediumUploadRead:
    """Ask for a form that uploads a picture or a film; it is good for one file of this type and size."""
    return uploads.begin_upload(current_session(), product_id, body)


@router.post("/v1/products/<product_id>/media/uploads/<upload_id>/confirm", tags=TAGS, status_code=201)
@requires("products:write")
def confirm_upload(product_id: Id, upload_id: Id) -> MediumRead:
    """Say that the file has been uploaded: it is checked, and shown behind the others. Safe to repeat."""
    return medium_shown(uploads.confirm_upload(current_session(), product_id, upload_id))


@router.patch("/v1/products/<product_id>/media/<medium_id>", tags=TAGS)
@requires("products:write")
def update_medium(product_id: Id, medium_id: Id, body: MediumUpdate) -> MediumRead:
    """Describe a picture, place it among the others, or feature it."""
    return medium_shown(media.update_medium(current_session(), product_id, medium_id, body))


@router.delete("/v1/products/<product_id>/media/<medium_id>", tags=TAGS, status_code=204)
@requires("products:write")
def delete_medium(product_id: Id, medium_id: Id) -> None:
    """Take a picture away."""
    media.delete_medium(current_session(), product_id, medium_id)
