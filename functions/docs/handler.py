"""The API's description: `/v1/openapi.json`, and `/v1/docs` to read and try it."""

from functools import cache
from pathlib import Path
from typing import Any

import aws_lambda_powertools.event_handler.openapi.swagger_ui as swagger
from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html

_DESCRIPTION = Path(__file__).parent / "openapi.json"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point; template.yaml sends it these two paths only."""
    if event["rawPath"].endswith("/openapi.json"):
        return _answer("application/json", _description())
    return _answer("text/html; charset=utf-8", _page())


def _answer(media_type: str, body: str) -> dict[str, Any]:
    headers = {"Content-Type": media_type, "Cache-Control": "public, max-age=300"}
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": False}


@cache
def _description() -> str:
    return _DESCRIPTION.read_text()


@cache
def _page() -> str:
    """Swagger UI in one file, out of the Powertools package: nothing is loaded from elsewhere."""
    parts = Path(swagger.__file__).parent
    script, style = (parts / "swagger-ui-bundle.min.js").read_text(), (parts / "swagger-ui.min.css").read_text()
    return generate_swagger_html(_description().replace("</", "<\\/"), script, style, "", None)
