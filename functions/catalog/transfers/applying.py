"""A part of a file brought into the store: what is new is made, what differs is changed, what is equal is left alone.

The statements of a part are few, whatever its products: what there is is read at once, and what changes is written
at once.
"""

from collections.abc import Sequence

from functions.catalog.transfers import known, references
from functions.catalog.transfers.checking import Job, Look, draft
from functions.catalog.transfers.issues import error
from functions.catalog.transfers.known import Known, Parts
from functions.catalog.transfers.making import Draft, Writing
from functions.catalog.transfers.outcome import Outcome
from functions.catalog.transfers.products import GivenProduct
from shared.errors import PlanError
from shared.models.enums import AdjustmentReason
from shared.plan_limits import Resource, take_place
from shared.slugs import claim
from shared.stock import Why, adjust, set_levels
from shared.tenant_session import TenantSession

Pair = tuple[GivenProduct, Parts | None]
"""What a file says of a product, and what the store has of it."""


def apply(session: TenantSession, given: Sequence[GivenProduct], job: Job) -> Outcome:
    """Bring products into the store. Raises IntegrityError and ProblemError when somebody else was quicker."""
    outcome, left = Outcome(), list(given)
    while left:
        found = known.load(session, left)
        part, left = _apart(found, left, job)
        _apply(Look(session, found, job), part, outcome)
    return outcome


def _apart(found: Known, given: Sequence[GivenProduct], job: Job) -> tuple[list[Pair], list[GivenProduct]]:
    """Those that have nothing to do with each other, and those that must wait for them."""
    now: list[Pair] = []
    later: list[GivenProduct] = []
    taken: set[str] = set()
    for one in given:
        parts = found.find(one, job.spool.first_row_of)
        keys = {f"slug:{one.slug}"} | ({f"sku:{one.product_sku}"} if one.product_sku else set())
        keys |= {parts.product.id} if parts else set()
        if keys & taken:
            later.append(one)
        else:
            now.append((one, parts))
        taken |= keys
    return now, later


def _apply(look: Look, part: list[Pair], outcome: Outcome) -> None:
    drafts = [found for one, parts in part if (found := draft(look, one, parts))]
    drafts = _within_plan(look.session, drafts)
    writing = Writing(look.session, look.known, references.load(look.session, [one.given for one in drafts]))
    if slugs := [writing.slug_of(one.given) for one in drafts if one.parts is None]:
        claim(look.session, "product", *slugs)
    changed = {id(one.given): writing.write(one) for one in drafts}
    writing.finish()
    _set_stock(look, writing)
    for one, parts in part:
        outcome.issues += one.issues
        if id(one) not in changed:
            outcome.failed += 1
        elif parts is None:
            outcome.created += 1
        elif changed[id(one)] or writing.restocked(parts):
            outcome.updated += 1
        else:
            outcome.unchanged += 1


def _within_plan(session: TenantSession, drafts: list[Draft]) -> list[Draft]:
    """All that change a product, and as many new ones as the plan has places for."""
    fresh = [one for one in drafts if one.parts is None]
    room, refusal = len(fresh), None
    while room:
        try:
            take_place(session, Resource.PRODUCTS, room)
            break
        except PlanError as full:
            refusal = full
            left = int(full.members.get("allowed", 0)) - int(full.members.get("used", 0))
            room = max(0, min(room - 1, left))
    for one in fresh[room:]:
        if refusal is not None:
            one.given.issues.append(error(one.given.row, refusal.code, refusal.detail, one.given.any_sku))
    refused = {id(one) for one in fresh[room:]}
    return [one for one in drafts if id(one) not in refused]


def _set_stock(look: Look, writing: Writing) -> None:
    actor = look.job.actor
    if writing.first_stock:
        adjust(look.session, writing.first_stock, Why(AdjustmentReason.RESTOCK, actor, notes="first stock"))
    if writing.levels:
        note = f"import of {look.job.file_name}"[:200]
        set_levels(look.session, writing.levels, Why(AdjustmentReason.CORRECTION, actor, notes=note))
