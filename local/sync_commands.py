"""`stormcom sync ...`: for operators, over all stores or one. DATABASE_URL and SYNC_QUEUE_URL point elsewhere."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from local import syncing
from local.aws import joined_aws
from local.database import local_database
from shared.settings import settings

sync = typer.Typer(no_args_is_help=True, help="Syncs with connected shops.")
OfStore = Annotated[str | None, typer.Option("--store", help="Slug of one store; all, unless given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@sync.command()
def status(store: OfStore = None) -> None:
    """Say how each connected shop fares."""
    with _database():
        for line in syncing.status(store):
            typer.echo(line)


@sync.command()
def retry(
    store: OfStore = None,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="What was set aside as well.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Queue again what has failed."""
    with _database():
        _told(syncing.retry(store, conflicts=conflicts, dry_run=dry_run), dry_run=dry_run)


@sync.command()
def replay(
    since: Annotated[datetime, typer.Option(help="UTC, such as 2026-11-26T14:00:00.")],
    store: OfStore = None,
    dry_run: DryRun = False,
) -> None:
    """Queue again every change whose delivery came since a time."""
    with _database():
        _told(syncing.replay(since.replace(tzinfo=UTC), store, dry_run=dry_run), dry_run=dry_run)


@sync.command()
def redrive(
    store: OfStore = None,
    dead_letters: Annotated[
        str | None, typer.Option(help="URL of the dead-letter queue, unless the queue names it.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Send what lies in the dead-letter queue to the worker again."""
    with _database(), _queue() as url:
        wanted = {store_id for store_id, _ in syncing.stores(store)} if store else None
        sent, left = syncing.redrive(url, dead_letters or syncing.dead_letters(url), wanted, dry_run=dry_run)
    typer.echo(f"{'Would send' if dry_run else 'Sent'} {sent}, left {left}.")


@contextmanager
def _database() -> Iterator[None]:
    try:
        with local_database():
            yield
    except LookupError as error:
        typer.echo(f"{error}.", err=True)
        raise typer.Exit(1) from error


@contextmanager
def _queue() -> Iterator[str]:
    """The URL of the worker's queue: the environment's, or that of a stack which is up on this machine."""
    if url := settings().sync_queue_url:
        yield url
        return
    with joined_aws() as joined:
        if joined is None:
            raise LookupError("SYNC_QUEUE_URL names no queue")
        yield joined.made["SyncMessages"]["Ref"]


def _told(lines: Iterable[str], *, dry_run: bool) -> None:
    found = list(lines)
    for line in found:
        typer.echo(line)
    typer.echo("Nothing was changed." if dry_run else "Queued." if found else "There is nothing to do.")
