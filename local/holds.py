"""The `stormcom holds` commands: what the platform keeps from being purged or erased."""

from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import select

from local.database import local_database
from shared.audit import Actor, act_as
from shared.models import Customer, LegalHold, Store
from shared.models.base import new_id, now
from shared.privacy.finding import ALL
from shared.privacy.holds import in_force
from shared.tenancy import platform_session
from shared.tenant_session import TenantSession

holds = typer.Typer(no_args_is_help=True, help="Legal holds of the platform.")
ACTOR = Actor(None, "stormcom holds")


@holds.command("list")
def list_command() -> None:
    """The holds that are in force, of every store, of deleted ones too."""
    with local_database(), platform_session(reason="list legal holds", actor=ACTOR.email) as session:
        query = select(LegalHold, Store.slug).join(Store, Store.id == LegalHold.store_id).where(*in_force(now()))
        for hold, slug in session.execute(query.order_by(LegalHold.created_at).execution_options(**ALL)):
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
    """Keep a store, or one of its customers, from being purged or erased, be it deleted already."""
    end = until.replace(tzinfo=UTC) if until else None
    if not reason.strip():
        _fail("Say why: --reason.")
    if end is not None and end <= now():
        _fail("--until is in the past.")
    with local_database(), platform_session(reason="place a legal hold", actor=ACTOR.email) as session:
        act_as(session, ACTOR)
        store_id = _newest(session, Store, Store.slug == store)
        if store_id is None:
            _fail("There is no such store.")
        customer_id = None
        if customer_email:
            theirs = (Customer.store_id == store_id, Customer.email == customer_email.strip().lower())
            customer_id = _newest(session, Customer, *theirs)
            if customer_id is None:
                _fail("There is no such customer in this store.")
        facts = {"reason": reason.strip(), "placed_by": ACTOR.email, "by_platform": True}
        hold = LegalHold(id=new_id(), store_id=store_id, customer_id=customer_id, until=end, **facts)
        session.add(hold)
        typer.echo(f"Placed {hold.id}.")


def _newest(session: TenantSession, model: Any, *where: Any) -> str | None:
    """The id of the live one, or else of the one that was deleted last: that is the one to be kept."""
    query = select(model.id).where(*where).order_by(model.deleted_at.desc().nulls_first()).limit(1)
    found: str | None = session.scalar(query.execution_options(**ALL))
    return found


def _fail(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)


@holds.command("release")
def release_command(hold_id: str) -> None:
    """End a hold."""
    with local_database(), platform_session(reason="release a legal hold", actor=ACTOR.email) as session:
        act_as(session, ACTOR)
        hold = session.get(LegalHold, hold_id)
        if hold is None or hold.released_at is not None:
            _fail("There is no such hold in force.")
        hold.released_at, hold.released_by = now(), ACTOR.email
        typer.echo("Released.")
