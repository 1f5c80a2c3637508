"""What layers do without: all that no function reads of the packages that it has.

What is imported at once by what stays is found out right here; what is imported later, by `make walk-rie`. Compiled
parts that have the same in Python beside them go where speed does not matter: curves of letters, guesses at encodings.
"""

import shutil
from pathlib import Path

from local.elf import strip
from local.missing import missing, modules

# Nothing here is looked at by a program that runs: sources of extensions, types, installers' notes.
FILES = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*.exe", "py.typed", "RECORD", "INSTALLER", "REQUESTED", "WHEEL")
# Of Pillow: what draws text, manages colours, calculates and shows windows, and the libraries that only these load.
LIBRARIES = (
    "_imagingcms.*",
    "_imagingft.*",
    "_imagingmorph.*",
    "_imagingtk.*",
    "libbrotli*",
    "libfreetype-*",
    "libharfbuzz-*",
    "liblcms2-*",
    "libpng16-*",
)
# Formats that shops send (docs/product-pictures.md), and those that these are made of or that Pillow begins with.
PICTURES = {"Avif", "Bmp", "Gif", "Jpeg", "Mpo", "Png", "Ppm", "Tiff", "WebP"}
MODULES = (
    "PIL/Image{Grab,Morph,Qt,Show,Tk,Win}.py",
    "PIL/{PSDraw,PcfFontFile,PdfParser}.py",
    "annotated_types/test_cases.py",
    "asn1crypto/{cms,crl,ocsp,pdf,pkcs12,tsp}.py",
    "aws_lambda_powertools/event_handler/middlewares/schema_validation.py",
    "charset_normalizer/*.so",
    "dateutil/zoneinfo/*.tar.gz",
    "dns/{_asyncio_backend,_trio_backend,asyncresolver,btree,btreezone,dnssec}.py",
    "dns/{update,versioned,win32util,zone,zonefile}.py",
    "fontTools/*/*.so",
    "fontTools/feaLib/{__main__,builder,lexer,parser}.py",
    "fontTools/ttLib/{removeOverlaps,reorderGlyphs,scaleUpem,woff2}.py",
    "fontTools/ttLib/tables/{G__l_a_t,S__i_l_f,T_S_I_*}.py",
    "fontTools/varLib/{interpolat*,mutator,plot}.py",
    "fontTools/{afmLib,fontBuilder,tfmLib,ttx}.py",
    "pydantic/mypy.py",
    "sqlalchemy/dialects/*/provision.py",
    "sqlalchemy/ext/{associationproxy,automap,baked,horizontal_shard,hybrid}.py",
    "sqlalchemy/ext/{indexable,instrumentation,mutable,orderinglist,serializer}.py",
    "tzdata/zoneinfo/{iso3166.tab,leapseconds,tzdata.zi,zone.tab,zone1970.tab,zonenow.tab}",
    "uharfbuzz/_harfbuzz_test*",
)
FOLDERS = (
    "bin",
    "*/tests",
    "*/test",
    "*/testing",
    "cffi",  # makes extensions; what they need to run is _cffi_backend
    "pycparser",
    "alembic/templates",
    "authlib/integrations/*_client/starlette*",
    "authlib/integrations/django_*",
    "authlib/integrations/flask_*",
    "authlib/integrations/httpx_client",
    "authlib/integrations/sqla_*",
    "authlib/integrations/starlette_client",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/batch",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    "dns/dnssecalgs",
    "fontTools/diff",
    "fontTools/merge",
    "fontTools/mtiLib",
    "fontTools/t1Lib",
    "fontTools/ufoLib",
    "fontTools/voltLib",
    "mako/ext",
    "pydantic/experimental",
    "pydantic/v1",
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    "sqlalchemy/ext/asyncio",
    "sqlalchemy/ext/declarative",
    "sqlalchemy/ext/mypy",
    "urllib3/contrib/emscripten",
    "*.dist-info/licenses",
    "*.dist-info/sboms",
)


def trim(folder: Path) -> list[str]:
    """Take out of a layer of packages what no function reads. Returns a complaint for all that is missed in it."""
    root = folder / "python"
    before = modules(root)
    for pattern in FOLDERS:
        for found in list(root.glob(pattern)):
            shutil.rmtree(found, ignore_errors=True)
    for found in [*_everywhere(root), *_named(root)]:
        found.unlink(missing_ok=True)
    for picture in root.glob("PIL/*ImagePlugin.py"):
        if picture.name.removesuffix("ImagePlugin.py") not in PICTURES:
            picture.unlink()
    for metadata in root.glob("*.dist-info/METADATA"):
        _shorten(metadata)
    for library in root.rglob("*.so*"):
        strip(library)
    return missing(root, before)


def _everywhere(root: Path) -> list[Path]:
    return [found for pattern in (*FILES, *LIBRARIES) for found in root.rglob(pattern)]


def _named(root: Path) -> list[Path]:
    patterns = [f"{head}{name}{tail}" for head, names, tail in map(_parts, MODULES) for name in names]
    return [found for pattern in patterns for found in root.glob(pattern)]


def _parts(pattern: str) -> tuple[str, list[str], str]:
    """What stands before the braces, the names in them, and what follows: a glob knows no braces."""
    head, _, rest = pattern.partition("{")
    names, _, tail = rest.partition("}")
    return head, names.split(","), tail


def _shorten(metadata: Path) -> None:
    """Packages look up their version and needs; the page about them in the index follows after an empty line."""
    head, _, page = metadata.read_text(encoding="utf-8").partition("\n\n")
    if page:
        # A new file in its place: the old one may have other names, in the cache of a package manager.
        metadata.unlink()
        metadata.write_text(f"{head}\n", encoding="utf-8")
