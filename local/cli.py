"""The `stormcom` command: the local stack, the database, the demo shops."""

import os
import shutil
import sys
from contextlib import nullcontext
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from local import diagram, openapi, watching
from local.aws import local_aws, shown_to_others, verify_sender
from local.background import running
from local.database import DATA_DIR, ROOT, local_database
from local.environment import set_environment
from local.gateway import create_app, serve
from local.generating import generate as generate_shops
from local.holds import holds
from local.invocation import invoker
from local.jobs import jobs
from local.mailbox import PAGE, with_mail_page
from local.media import with_media_page
from local.postgres import DataDirInUseError
from local.queues import consumers, sources
from local.rie import built_functions
from local.runtime import NotBuiltError, prepare
from local.schedules import clocks
from local.seeding import seed as write_seed
from local.stock import report
from local.sync_commands import sync
from local.template import Template, TemplateError, read_template
from migrations import commands

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="StormCom on your machine."
)
db = typer.Typer(no_args_is_help=True, help="The database and its schema; DATABASE_URL points elsewhere.")
app.add_typer(db, name="db")
app.add_typer(sync, name="sync")
app.add_typer(jobs, name="jobs")
app.add_typer(holds, name="holds")

HOST = "127.0.0.1"
KEYS = ROOT / ".local" / "kms.json"
MEDIA = ROOT / ".local" / "media"
WELCOME = """
StormCom answers on http://{host}:{port}   ({database})

  curl -s http://{host}:{port}/v1/storefront/products -H 'X-Store: aurora'
  curl -s 'http://{host}:{port}/v1/storefront/products?q=espresso&sort=price' -H 'X-Store: aurora'
  curl -s http://{host}:{port}/v1/storefront/products/classic-tee -H 'X-Store: borealis'
  curl -s http://{host}:{port}/v1/storefront/categories -H 'X-Store: aurora'
  curl -s http://{host}:{port}/v1/auth/login -H 'content-type: application/json' \\
       -d '{{"email": "owner@stormcom.example", "password": "Demo-Shop-2026"}}'
  open    http://{host}:{port}/v1/docs
  open    http://{host}:{port}{mail}   the mails it has sent, which are printed here as well

Ctrl-C stops everything.
"""


class Runtime(StrEnum):
    """What the functions run in."""

    SOURCE = "source"
    RIE = "rie"


@app.command("serve")
def serve_command(
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1.")] = 3000,
    runtime: Annotated[
        Runtime, typer.Option(help="The source tree in this process, or what sam build made in Lambda's own runtime.")
    ] = Runtime.SOURCE,
) -> None:
    """Run the whole application here: database, schema, demo shops, AWS, and what template.yaml has called."""
    try:
        _serve(read_template(ROOT / "template.yaml"), port, runtime)
    except NotBuiltError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except DataDirInUseError as error:
        typer.echo(f"{error}; stop it first.", err=True)
        raise typer.Exit(1) from error
    except TemplateError as error:
        typer.echo(f"template.yaml: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo("Stopped.")


def _serve(template: Template, port: int, runtime: Runtime) -> None:
    how = built_functions(prepare()) if runtime is Runtime.RIE else nullcontext(invoker())
    with local_database(share=False) as database, local_aws(template, KEYS, MEDIA) as aws, how as invoke:
        url = f"http://{HOST}:{port}"
        set_environment(template, aws.made, url)
        verify_sender(os.environ["MAIL_FROM"])
        _seed()
        functions = template.functions
        welcome = WELCOME.format(host=HOST, port=port, database=database, mail=PAGE)
        background = [*consumers(sources(functions, aws.made), invoke), *clocks(functions, invoke)]
        with shown_to_others(aws, url), running(background):
            pages = with_media_page(with_mail_page(create_app(functions, invoke=invoke), aws.mails))
            serve(pages, HOST, port, lambda: typer.echo(welcome))


@app.command()
def seed() -> None:
    """Make the demo shops that do not exist yet."""
    with local_database():
        _seed()


@app.command()
def generate(
    products: Annotated[int, typer.Option(help="In one store.")] = 100_000,
    stores: Annotated[int, typer.Option(help="Beside it, with a hundred products each.")] = 1_000,
) -> None:
    """Make a crowd of shops to measure with; it takes a minute or two."""
    with local_database():
        owner = create_engine(os.environ["MIGRATION_DATABASE_URL"], poolclass=NullPool)
        for step in generate_shops(owner, products, stores):
            typer.echo(f"  {step}")


@app.command("check-stock")
def check_stock() -> None:
    """Work out every store's stock from its ledger; fail and say where it is something else."""
    with local_database():
        found = list(report())
    for line in found:
        typer.echo(line)
    typer.echo(f"{len(found)} differences." if found else "Every stock is what its ledger says.")
    raise typer.Exit(1 if found else 0)


@app.command()
def describe(check: Annotated[bool, typer.Option(help="Fail when a file is out of date.")] = False) -> None:
    """Write what is derived from the code: the API's description, the diagram of the entities, the alarms."""
    template = read_template(ROOT / "template.yaml")
    derived = {
        openapi.TARGET: openapi.describe(template.functions),
        diagram.TARGET: diagram.draw(),
        watching.TARGET: watching.draw(template),
        watching.TEMPLATE: watching.wired(template, watching.TEMPLATE.read_text()),
    }
    for target, text in derived.items():
        if not check:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            typer.echo(f"{target.relative_to(ROOT)} is out of date; run: make describe", err=True)
            raise typer.Exit(1)


@db.command()
def upgrade(revision: str = "head") -> None:
    """Bring the schema up to a revision."""
    with local_database() as database:
        commands.upgrade(revision=revision)
        typer.echo(f"{database} is at {revision}.")


@db.command()
def revision(message: str) -> None:
    """Write a new migration from what the models say now."""
    with local_database():
        commands.revision(message)


@db.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Throw the embedded database away; the next run begins anew."""
    if not DATA_DIR.exists():
        typer.echo("There is no database to throw away.")
        return
    if not yes and not typer.confirm(f"Delete {DATA_DIR.relative_to(ROOT)} and all its data?"):
        raise typer.Exit(1)
    shutil.rmtree(DATA_DIR)
    # Nothing names these pictures any more.
    shutil.rmtree(MEDIA, ignore_errors=True)


def _seed() -> None:
    for store, products in write_seed().items():
        if products:
            sys.stdout.write(f"Shop {store}: {products} products.\n")
