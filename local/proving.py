"""Uses of packages that a request for each route does not come to, in the runtime and the layers that functions have.

Trimming is what makes these necessary: a decoder, a table of a font or a part of a library that is loaded only when it
is needed is missed only then.
"""

import os
import subprocess
from collections.abc import Iterator

from local.rie import as_in_lambda
from local.runtime import Runtime

_EVERY_MODULE = """
import importlib, pkgutil
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
"""
USES = {
    "ThumbnailsFunction": """
import io
from PIL import Image
from functions.thumbnails.shrinking import shrink
for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
    picture = io.BytesIO()
    Image.radial_gradient("L").resize((600, 400)).convert("RGB").save(picture, kind)
    thumbnail = shrink(picture.getvalue())
    assert (thumbnail.width, thumbnail.height, thumbnail.webp[:4]) == (600, 400, b"RIFF"), kind
""",
    "PapersFunction": """
import datetime, io
from PIL import Image
from functions.orders.papers.page import Paper
words = ("Zażółć", "Ελλάδα", "Москва", "سلام", "ঢাকা", "नमस्ते", "שלום", "สวัสดี", "東京", "서울")
paper = Paper("Invoice", "Shop", "#336699", datetime.datetime(2026, 1, 1), " ".join(words))
for word in words:
    paper.style(10, bold=True)
    paper.cell(text=paper.clean(word))
picture = io.BytesIO()
Image.new("RGBA", (40, 40), "red").save(picture, "PNG")
paper.image(picture, w=10)
assert not paper.misses
assert bytes(paper.output()).startswith(b"%PDF-")
""",
    "TransfersFunction": """
import io, filetype
from openpyxl import Workbook, load_workbook
book, file = Workbook(write_only=True), io.BytesIO()
book.create_sheet("products").append(["sku", 1])
book.save(file)
sheet = load_workbook(io.BytesIO(file.getvalue()), read_only=True, data_only=True).worksheets[0]
assert list(sheet.iter_rows(values_only=True)) == [("sku", 1)]
assert filetype.guess(file.getvalue()).extension == "xlsx"
""",
    "IdentityFunction": """
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from functions.identity.oidc import _REGISTRY
for key, algorithm in ((RSAKey.generate_key(2048), "PS256"), (ECKey.generate_key("P-256"), "ES256")):
    token = jwt.encode({"alg": algorithm}, {"sub": "1"}, key, registry=_REGISTRY)
    public = type(key).import_key(key.as_dict(private=False))
    assert jwt.decode(token, public, registry=_REGISTRY).claims == {"sub": "1"}
""",
    "SyncFunction": """
import requests
from shared.platforms.woocommerce import OAuth1Auth
signed = OAuth1Auth("ck", "cs", signature_type="QUERY")
assert "oauth_signature" in requests.Request("GET", "http://shop.example/", auth=signed).prepare().url
""",
    "StoresFunction": """
import dns.message, dns.resolver
lines = ("id 1", "opcode QUERY", "flags QR", ";QUESTION", "a.example. IN TXT", ";ANSWER", "a.example. 1 IN TXT x")
answer = dns.message.from_text("\\n".join(lines))
assert dns.message.from_wire(answer.to_wire()).answer[0][0].strings == (b"x",)
""",
}


def prove(runtime: Runtime) -> Iterator[str]:
    """A complaint for each function that lacks something, after it has imported all that it has."""
    for name, use in USES.items():
        built = runtime.functions[name]
        package = ".".join(built.handler.split(".")[:2])
        environment = as_in_lambda(built, {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"})
        # What functions connect to is named by the environment; nothing here connects.
        kept = ("_URL", "_TRANSPORT")
        environment |= {variable: value for variable, value in os.environ.items() if variable.endswith(kept)}
        code = _EVERY_MODULE.format(package=package) + use
        done = subprocess.run(
            [runtime.python, "-W", "error::SyntaxWarning", "-c", code],
            env=environment,
            cwd=built.task,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            yield f"{name}: {done.stderr.strip()[-1500:]}"
