"""Which store a shopper's request is for: by the host that API Gateway saw, or by `X-Store` where shops share one."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from shared.errors import MalformedError, NoSuchStoreError, NotAllowedError, NotFoundError, UnavailableError
from shared.models.enums import StoreStatus
from shared.settings import settings
from shared.tenancy import MAINTENANCE, storefront_session, tenant_of
from shared.tenant_session import TenantSession

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CLOSED = {StoreStatus.SUSPENDED, StoreStatus.CLOSED}


@contextmanager
def open_storefront(event: Mapping[str, Any]) -> Iterator[TenantSession]:
    """The session of the store that the request names.

    A host under the storefront domain, or a shop's own domain, decides; `X-Store: <slug>` counts only where neither
    does. Raises MalformedError when nothing names a store, NotFoundError for an unknown one, NotAllowedError for one
    that is closed, UnavailableError for one in maintenance.
    """
    slug, host = _named(event)
    with ExitStack() as stack:
        try:
            session = stack.enter_context(storefront_session(slug=slug, host=host))
        except NoSuchStoreError as error:
            if slug is None:
                raise MalformedError("store_required", "Name the store: send X-Store with its slug.") from error
            raise NotFoundError("store_not_found", "There is no such store.") from error
        if tenant_of(session).status == MAINTENANCE:
            raise UnavailableError(
                "store_in_maintenance", "This store is being worked on; come back soon.", retry_after=300
            )
        if tenant_of(session).status in _CLOSED:
            raise NotAllowedError("store_closed", "This store is closed.")
        yield session


def _named(event: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The slug and the custom domain that a request names. Under the storefront domain only the slug counts."""
    host: str | None = str(event["requestContext"].get("domainName", "")).lower()
    slug, domain = event.get("headers", {}).get("x-store"), settings().storefront_domain
    if domain and host is not None and host.endswith(f".{domain}"):
        slug, host = host.removesuffix(f".{domain}"), None
    if slug is not None and not _SLUG.fullmatch(slug):
        raise NotFoundError("store_not_found", "There is no such store.")
    return slug, host
