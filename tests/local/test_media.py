"""Pictures on the laptop: they arrive by a form, are told of, served, and still there after a restart."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from werkzeug.test import Client, TestResponse

from local.aws import Aws
from local.gateway import create_app
from local.media import with_media_page
from local.template import TemplateError
from shared import files
from tests.local.stack import aws_of

TEMPLATE = """
Resources:
  MediaBucket:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt News.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: media/}]}}
  OtherBucket: {Type: AWS::S3::Bucket}
  News: {Type: AWS::SQS::Queue}
"""
KEY = "media/shop1/one.jpg"
HEADERS: dict[str, Any] = {"ContentType": "image/jpeg", "CacheControl": "immutable", "ContentDisposition": "inline"}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    with aws_of(tmp_path, TEMPLATE) as (_, found):
        files.s3.cache_clear()
        yield found
    files.s3.cache_clear()


def _page(path: str, method: str = "GET", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(with_media_page(create_app([]))).open(f"/_local/media/{path}", method=method, headers=named)


def _put(key: str = KEY, body: bytes = b"picture", **headers: Any) -> None:
    files.s3().put_object(Bucket="mediabucket", Key=key, Body=body, **(headers or HEADERS))


def _news(aws: Aws) -> list[dict[str, Any]]:
    with closing(boto3.client("sqs")) as sqs:
        found = sqs.receive_message(QueueUrl=aws.made["News"]["Ref"], MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


def test_what_is_served_is_what_was_put(aws: Aws) -> None:
    _put()
    page = _page(KEY)
    assert (page.status_code, page.data, page.content_type) == (200, b"picture", "image/jpeg")
    assert (page.headers["Cache-Control"], page.headers["Content-Disposition"]) == ("immutable", "inline")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert _page(KEY, "HEAD").headers["Content-Length"] == "7"
    part = _page(KEY, range="bytes=2-4")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"ctu", "bytes 2-4/7")
    assert _page(KEY, if_none_match=page.headers["ETag"]).status_code == 304


def test_nothing_else_is_served(aws: Aws) -> None:
    for key in ("incoming/shop1/one", "media/shop1", "media/shop1/a/b.jpg", "other.jpg"):
        _put(key)
        assert _page(key).status_code == 403
    for path in ("media/shop1/none.jpg", "thumbnails/../incoming/shop1/one", "../mail"):
        assert _page(path).status_code in (403, 404)
    assert _page(KEY, "POST").status_code == 404


def test_what_was_served_is_served_after_a_restart(tmp_path: Path) -> None:
    with aws_of(tmp_path, TEMPLATE) as (_, aws):
        files.s3.cache_clear()
        _put("incoming/shop1/one", b"picture")
        source: Any = {"Bucket": "mediabucket", "Key": "incoming/shop1/one"}
        files.s3().copy_object(Bucket="mediabucket", Key=KEY, CopySource=source, MetadataDirective="REPLACE", **HEADERS)
        _put("thumbnails/shop1/one.webp", b"small", ContentType="image/webp")
        _put("media/shop1/two.jpg")
        _put("media/shop1/three.jpg")
        files.s3().delete_object(Bucket="mediabucket", Key="media/shop1/two.jpg")
        files.s3().delete_objects(Bucket="mediabucket", Delete={"Objects": [{"Key": "media/shop1/three.jpg"}]})
        before = _page(KEY).headers
    with aws_of(tmp_path, TEMPLATE) as (_, aws):
        files.s3.cache_clear()
        page = _page(KEY)
        assert (page.data, page.headers["ETag"], page.content_type) == (b"picture", before["ETag"], "image/jpeg")
        assert page.headers["Cache-Control"] == "immutable"
        assert _page("thumbnails/shop1/one.webp").data == b"small"
        found = files.s3().list_objects_v2(Bucket="mediabucket")["Contents"]
        assert [one["Key"] for one in found] == [KEY, "thumbnails/shop1/one.webp"]
        # They are no news to anybody; S3 tries the queue, no more.
        assert [news.get("Event") for news in _news(aws)] == ["s3:TestEvent"]
    files.s3.cache_clear()


def test_a_queue_is_told_of_what_is_put_or_copied_where_it_looks(aws: Aws) -> None:
    _news(aws)
    _put("incoming/shop1/one")
    _put("thumbnails/shop1/one.webp")
    files.s3().copy_object(
        Bucket="mediabucket", Key=KEY, CopySource={"Bucket": "mediabucket", "Key": "incoming/shop1/one"}
    )
    _put("media/shop1/ü x.jpg")
    told = [(one["eventName"], one["s3"]["object"]["key"]) for news in _news(aws) for one in news["Records"]]
    decoded = [(event, unquote_plus(key)) for event, key in told]
    assert decoded == [("ObjectCreated:Copy", KEY), ("ObjectCreated:Put", "media/shop1/ü x.jpg")]


def test_a_form_takes_a_file_of_fifty_megabytes(aws: Aws) -> None:
    film = bytes(50 * 1024 * 1024)
    form = files.upload_form("mediabucket", "incoming/shop1/film", "video/mp4", len(film), 900)
    answer = requests.post(form["url"], data=form["fields"], files={"file": film}, timeout=60)
    assert answer.status_code == 204
    assert files.s3().head_object(Bucket="mediabucket", Key="incoming/shop1/film")["ContentLength"] == len(film)


def test_more_than_any_form_takes_is_cut_off(aws: Aws) -> None:
    url = urlsplit(str(files.s3().meta.endpoint_url))
    connection = http.client.HTTPConnection(str(url.netloc))
    connection.request("PUT", "/otherbucket/large", body=bytes(65 * 1024 * 1024))
    connection.getresponse().read()
    connection.close()
    assert files.s3().head_object(Bucket="otherbucket", Key="large")["ContentLength"] == 64 * 1024 * 1024 + 1


def test_another_bucket_is_not_kept(tmp_path: Path) -> None:
    with aws_of(tmp_path, TEMPLATE):
        files.s3.cache_clear()
        files.s3().put_object(Bucket="otherbucket", Key=KEY, Body=b"x")
    with aws_of(tmp_path, TEMPLATE):
        files.s3.cache_clear()
        with pytest.raises(ClientError):
            files.s3().head_object(Bucket="otherbucket", Key=KEY)
    files.s3.cache_clear()
    assert not (tmp_path / "media").exists()


def test_a_queue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"MediaBucket: Queue must be .* found !GetAtt Missing.Arn"):
        aws_of(tmp_path, TEMPLATE.replace("!GetAtt News", "!GetAtt Missing")).__enter__()
