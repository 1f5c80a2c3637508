"""The pictures of products on the laptop: moto has them in memory, a folder keeps them, and the gateway serves them."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from local.events import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE = "/_local/media"
BUCKET = "mediabucket"
"""What `local.aws` calls the MediaBucket of template.yaml."""
# What CloudFront serves; what has arrived and was not looked at yet is not among it.
_SERVED = re.compile(r"(media|thumbnails)/\w+/\w+\.\w+")
_HEADERS = ("content-type", "cache-control", "content-disposition")


def keeping(aws: "WSGIApplication", folder: Path) -> "WSGIApplication":
    """The stand-in for AWS, with what is served of the bucket written to a folder as it comes and goes."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        _, bucket, key = f"{environ['PATH_INFO']}/".split("/", 2)
        if bucket != BUCKET or environ["REQUEST_METHOD"] not in ("PUT", "POST", "DELETE"):
            return aws(environ, start_response)
        several = environ["REQUEST_METHOD"] == "POST" and not key
        response = Response.from_app(aws, environ, buffered=True)
        for name in list(_kept(folder)) if several else [key.removesuffix("/")]:
            _follow(folder, name)
        return response(environ, start_response)

    return app


def load(folder: Path) -> None:
    """Put what was kept into the bucket, which is there already."""
    for key in _kept(folder):
        made = _backend().put_object(BUCKET, key, (folder / key).read_bytes())
        made.set_metadata(json.loads(_described(folder / key).read_text()))


def with_media_page(gateway: "WSGIApplication") -> "WSGIApplication":
    """The gateway, with the objects of the bucket behind a path of its own, as CloudFront serves them."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key = environ["PATH_INFO"].removeprefix(f"{PAGE}/")
        if key == environ["PATH_INFO"] or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return gateway(environ, start_response)
        return _response(key, Request(environ))(environ, start_response)

    return app


def _response(key: str, request: Request) -> Response:
    found = _object(key)
    if found is None:
        # What S3 answers who may not list a bucket.
        return Response("Access Denied\n", 403, content_type="text/plain")
    content: bytes = found.value
    response = Response(content, headers=_headers(found) | {"X-Content-Type-Options": "nosniff"})
    response.set_etag(found.etag.strip('"'))
    response.make_conditional(request, accept_ranges=True, complete_length=len(content))
    # The server writes one of its own.
    response.headers.remove("Date")
    return response


def _follow(folder: Path, key: str) -> None:
    """Make a file of the folder what the object is."""
    path, found = folder / key, _object(key)
    if found is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _described(path).write_text(json.dumps(_headers(found)))
        fresh = path.with_suffix(".new")
        fresh.write_bytes(found.value)
        fresh.replace(path)
    elif _SERVED.fullmatch(key):
        path.unlink(missing_ok=True)
        _described(path).unlink(missing_ok=True)


def _kept(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.json"):
        yield path.relative_to(folder).as_posix().removesuffix(".json")


def _described(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _headers(found: Any) -> dict[str, str]:
    return {name: found.metadata[name] for name in _HEADERS if name in found.metadata}


def _object(key: str) -> Any:
    """The object that is served under a key, or None."""
    return _backend().get_object(BUCKET, key) if _SERVED.fullmatch(key) else None


def _backend() -> Any:
    from moto.s3.models import s3_backends  # noqa: PLC0415 - moto takes a second that other commands need not wait

    return s3_backends[ACCOUNT_ID]["aws"]
