"""The `stormcom holds` commands: what the platform keeps from being purged or erased."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import select

from local.database import local_database
from shared.audit import Actor, act_as
from shared.models import Customer, LegalHold, Store
from shared.models.base import new_id, now
from shared.tenancy import platform_session

holds = typer.Typer(no_args_is_help=True, help="Legal holds of the platform.")
ACTOR = Actor(None, "stormcom holds")


@holds.command("list")
def list_command() -> None:
    """The holds that are in force, of every store."""
    with local_database(), platform_session(reason="list legal holds", actor=ACTOR.email) as session:
        query = select(LegalHold, Store.slug).join(Store, Store.id == LegalHold.store_id)
        for hold, slug in session.execute(query.where(LegalHold.released_at.is_(None)).order_by(LegalHold.created_at)):
            whose = f"customer {hold.customer_id}" if hold.customer_id else "the whole store"
            until = f" until {hold.until:%Y-%m-%d}" if hold.until else ""
            typer.echo(f"{hold.id}  {slug}: {whose}{until}, by {hold.placed_by}: {hold.reason}")


@holds.command("place")
def place_command(
    store: Annotated[str, typer.Argument(help="The store's slug.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    customer_email: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    until: Annotated[datetime | None, typer.Option(help="UTC; without it, until it is released.")] = None,
) -> None:
    """Keep a store, or one of its customers, from being purged or erased."""
    with local_database(), platform_session(reason="place a legal hold", actor=ACTOR.email) as session:
        act_as(session, ACTOR)
        store_id = session.scalar(select(Store.id).where(Store.slug == store))
        named = select(Customer.id).where(
            Customer.store_id == store_id, Customer.email == (customer_email or "").lower()
        )
        customer_id = session.scalar(named) if customer_email else None
        if store_id is None or (customer_email and customer_id is None):
            typer.echo("There is no such store or customer.", err=True)
            raise typer.Exit(1)
        facts = {"reason": reason, "placed_by": ACTOR.email, "by_platform": True}
        end = until.replace(tzinfo=UTC) if until else None
        hold = LegalHold(id=new_id(), store_id=store_id, customer_id=customer_id, until=end, **facts)
        session.add(hold)
        typer.echo(f"Placed {hold.id}.")


@holds.command("release")
def release_command(hold_id: str) -> None:
    """End a hold."""
    with local_database(), platform_session(reason="release a legal hold", actor=ACTOR.email) as session:
        act_as(session, ACTOR)
        hold = session.get(LegalHold, hold_id)
        if hold is None or hold.released_at is not None:
            typer.echo("There is no such hold in force.", err=True)
            raise typer.Exit(1)
        hold.released_at, hold.released_by = now(), ACTOR.email
        typer.echo("Released.")
