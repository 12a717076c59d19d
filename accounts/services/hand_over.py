"""Handing a person's work over, for good or for a stand-in, and taking it back (ACC-16).

Every kind of work moves by two set statements: the first writes an item for each row, which is
the plan, the history and the way back in one; the second gives the rows to the receivers that the
items name. Nothing here grows with the number of rows but the statements themselves.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Count, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.handover import REGISTRY, Rows, Work, kinds
from accounts.models import (
    HandOver,
    HandOverCause,
    HandOverItem,
    HandOverRule,
    HandOverState,
    Outcome,
    User,
    UserState,
    WorkLeft,
)
from accounts.selectors.hand_over import reach_of
from audit.services import record
from core.display import listed
from core.errors import Refused, Stale
from core.notices import notify
from core.scope import EVERYTHING, Scope
from regions.models import OrgUnit
from regions.policies import policy

DRAFTS_KEPT = dt.timedelta(days=7)
NAMED = 5  # units or people named in one sentence

# --- the plan -----------------------------------------------------------------------------------


@transaction.atomic
def draft_hand_over(
    *,
    by: User | None,
    giver: User | None = None,
    rule: str = HandOverRule.ONE,
    to: Sequence[User] = (),
    units: dict[int, User] | None = None,
    pick: dict[str, list[int]] | None = None,
    cause: str = HandOverCause.SHARING_OUT,
    reason: str = "",
    until: dt.date | None = None,
    keep_shares: bool = True,
    draft: HandOver | None = None,
) -> HandOver:
    """Write down who shall get what, moving nothing. `draft` is an earlier plan to replace; Stale
    when it was carried out meanwhile.

    `giver` hands over all open work; `pick` names ticked rows by kind instead. `units` (unit key →
    person) belongs to the rule "each unit to a person of its own"; `to[0]` gets the other units.
    Raises Refused for a plan that could never be carried out.
    """
    _check_plan(giver=giver, rule=rule, to=to, units=units or {}, cause=cause, until=until)
    plan: dict[str, Any] = {
        "to": [person.pk for person in to],
        "units": {str(unit): person.pk for unit, person in (units or {}).items()},
    }
    if pick is not None:
        plan["pick"] = {kind: sorted(set(keys)) for kind, keys in pick.items()}
    hand_over = _hold_draft(draft) if draft is not None else HandOver(by=by)
    hand_over.giver, hand_over.rule, hand_over.plan = giver, rule, plan
    hand_over.cause, hand_over.reason = cause, reason.strip()
    hand_over.until, hand_over.keep_shares = until, keep_shares
    hand_over.save()
    return hand_over


def _hold_draft(draft: HandOver) -> HandOver:
    """The draft as it stands, locked. Raises Stale when it is none any more: writing the plan once
    more would turn what was done back into a draft."""
    held = HandOver.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if held.state != HandOverState.DRAFT:
        raise Stale(_("This hand-over was carried out already."))
    return held


@transaction.atomic
def plan_hand_over(giver: User, *, by: User | None, **plan: Any) -> HandOver:
    """A draft, as `draft_hand_over` writes it, that could be carried out now. Raises Refused, and
    keeps no draft then, where `carry_out` would."""
    draft = draft_hand_over(by=by, giver=giver, **plan)
    preview_hand_over(draft, by=by)
    return draft


def _check_plan(
    *,
    giver: User | None,
    rule: str,
    to: Sequence[User],
    units: dict[int, User],
    cause: str,
    until: dt.date | None,
) -> None:
    receivers = [*to, *units.values()]
    if not receivers:
        raise Refused(_("Please choose who takes over."))
    if rule == HandOverRule.TURNS and len(set(to)) < 2:
        raise Refused(_("Please choose at least two people to share the work."))
    for person in receivers:
        if giver is not None and person.pk == giver.pk:
            raise Refused(_("{person} cannot hand over to himself.").format(person=person))
        if not person.is_active:
            raise Refused(
                _("{person} cannot log in; please choose somebody else.").format(person=person)
            )
    if until is not None and until < timezone.localdate():
        raise Refused(_("The last day of the stand-in has passed already."))
    if cause == HandOverCause.STAND_BY and until is None:
        raise Refused(_("Please say until when the stand-in lasts."))
    if cause == HandOverCause.LEAVING and until is not None:
        raise Refused(_("Work of somebody who leaves does not come back to him."))


@dataclass(frozen=True, slots=True)
class Share:
    """How many pieces of a kind in a unit go to one person."""

    kind: str
    unit_id: int | None
    to_id: int
    count: int


@dataclass
class Preview:
    """What a draft would do: shares, and rows that lie outside the acting person's reach."""

    shares: list[Share] = field(default_factory=list)
    outside: int = 0

    @property
    def count(self) -> int:
        return sum(share.count for share in self.shares)


class _TakeBack(Exception):
    """Ends the transaction of a preview; nothing of it stays."""


def preview_hand_over(hand_over: HandOver, *, by: User | None) -> Preview:
    """The numbers of a draft, made by the same statements that would carry it out, then rolled
    back. Raises Refused as `carry_out` does."""
    found = Preview()
    try:
        with transaction.atomic():
            _hold_what_precedes(_planned(hand_over, by))
            _plan_items(hand_over, by=by)
            found.shares = shares_of(hand_over)
            raise _TakeBack
    except _TakeBack:
        pass
    if hand_over.giver is not None:
        found.outside = outside_reach(hand_over.giver, by=by)
    return found


def shares_of(hand_over: HandOver) -> list[Share]:
    """How the items of a hand-over are spread, by kind, unit and receiver."""
    rows = (
        HandOverItem.objects.filter(hand_over=hand_over)
        .values_list("kind", "unit_id", "to_user_id")
        .annotate(count=Count("pk"))
        .order_by("kind", "unit_id", "to_user_id")
    )
    return [Share(*row) for row in rows]


# --- what a person holds ------------------------------------------------------------------------


def open_work(person: User, *, within: Scope = EVERYTHING) -> dict[str, dict[int, int]]:
    """Kind → unit → number of open pieces that a person holds inside a scope."""
    counts = _counts({work.key: _held(work, person, within) for work in kinds()})
    return {kind: units for kind, units in counts.items() if units}


def _counts(rows: Rows) -> dict[str, dict[int, int]]:
    """Kind → unit → number of rows, in one query."""
    found: dict[str, dict[int, int]] = {kind: {} for kind in rows}
    parts = [_numbered(kind, some, "unit_id") for kind, some in rows.items()]
    for kind, unit, number in _together(parts):
        found[kind][unit] = number
    return found


def _numbered(kind: str, rows: QuerySet[Any], column: str) -> QuerySet[Any]:
    """(kind, value of the column, number) of some rows."""
    named = rows.order_by().annotate(kind_of_work=Value(kind, output_field=CharField()))
    counted: QuerySet[Any] = named.values_list("kind_of_work", column).annotate(n=Count("pk"))
    return counted


def _together(parts: Sequence[QuerySet[Any]]) -> Iterable[Any]:
    return parts[0].union(*parts[1:], all=True) if parts else ()


def outside_reach(person: User, *, by: User | None) -> int:
    """How many open pieces of a person the acting person may not hand over."""
    return _total(open_work(person)) - _total(open_work(person, within=reach_of(by)))


def _total(work: dict[str, dict[int, int]]) -> int:
    return sum(count for units in work.values() for count in units.values())


def _held(work: Work, person: User, within: Scope) -> QuerySet[Any]:
    return work.rows().filter(within.q(()), **{work.holder: person})


def _rows(hand_over: HandOver, work: Work, by: User | None) -> QuerySet[Any] | None:
    """The rows of a kind that a hand-over moves, None when it moves none of that kind."""
    pick = hand_over.plan.get("pick")
    if pick is None:
        assert hand_over.giver is not None  # noqa: S101  draft_hand_over gives one of the two
        return _held(work, hand_over.giver, reach_of(by))
    if work.key not in pick:
        return None
    scope = EVERYTHING if by is None else by
    rows: Any = work.rows()
    reachable = rows.visible_to(scope, work.right).filter(pk__in=pick[work.key])
    return work.rows().filter(pk__in=reachable.values("pk"))


# --- carrying out -------------------------------------------------------------------------------


@transaction.atomic
def carry_out(hand_over: HandOver, *, by: User | None) -> HandOver:
    """Move the work as planned. Raises Stale when it was carried out already, and Refused when a
    receiver may not take something or nothing is left to move."""
    held = _hold_draft(hand_over)
    _hold_what_precedes(_planned(held, by))
    _lock_receivers(held)
    held.count = _plan_items(held, by=by)
    if not held.count:
        raise Refused(_("There is nothing left to hand over."))
    for work in _moved(held):
        _give(held, work)
    held.state, held.done_at, held.by = HandOverState.DONE, timezone.now(), by
    held.plan.pop("pick", None)  # the items say it from now on
    held.save()
    for act in REGISTRY.carried_out:
        act(held)
    if held.giver is not None:
        WorkLeft.objects.filter(user=held.giver).delete()
        find_work_left(only=held.giver)
    _tell(held)
    return held


def _planned(hand_over: HandOver, by: User | None) -> Rows:
    """The rows of each kind that a draft moves."""
    rows = {work.key: _rows(hand_over, work, by) for work in kinds()}
    return {key: found for key, found in rows.items() if found is not None}


def _hold_what_precedes(rows: Rows) -> None:
    for act in REGISTRY.before_rows:
        act(rows)


def _moved(hand_over: HandOver) -> list[Work]:
    """The kinds of which a hand-over has items, in their order."""
    keys = set(hand_over.items.order_by().values_list("kind", flat=True).distinct())
    return [work for work in kinds() if work.key in keys]


def _lock_receivers(hand_over: HandOver) -> list[User]:
    """The receivers, locked against leaving meanwhile. Raises Refused for one who cannot log in."""
    keys = {*hand_over.plan["to"], *hand_over.plan["units"].values()}
    people = list(
        User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk")
    )
    for person in people:
        if not person.is_active:
            raise Refused(
                _("{person} cannot log in; please choose somebody else.").format(person=person)
            )
    return people


def _plan_items(hand_over: HandOver, *, by: User | None) -> int:
    """Write an item for each row that moves. Returns how many."""
    keys = {*hand_over.plan["to"], *hand_over.plan["units"].values()}
    people = {person.pk: person for person in User.objects.filter(pk__in=keys)}
    planned = _planned(hand_over, by)
    counts = _counts(planned)
    total = 0
    for work in kinds():
        if counts.get(work.key):
            pools = _pools(hand_over, work, counts[work.key], people, by)
            total += _insert_items(hand_over, work, planned[work.key], pools)
    return total


def _pools(
    hand_over: HandOver,
    work: Work,
    counts: dict[int, int],
    people: dict[int, User],
    by: User | None,
) -> dict[int, tuple[int, ...]]:
    """Unit → the people who take work there in turn. Raises Refused where nobody may."""
    allowed = work.takers(list(people.values()), list(counts), by)
    to, units = hand_over.plan["to"], hand_over.plan["units"]
    pools: dict[int, tuple[int, ...]] = {}
    for unit in counts:
        chosen = [units[str(unit)]] if str(unit) in units else to
        if hand_over.rule != HandOverRule.TURNS:
            chosen = chosen[:1]
        pools[unit] = tuple(person for person in chosen if unit in allowed.get(person, ()))
    refused = {unit: count for unit, count in counts.items() if not pools[unit]}
    if refused:
        raise Refused(_refusal(work, refused, list(people.values())))
    return pools


def _refusal(work: Work, refused: dict[int, int], people: Collection[User]) -> str:
    count = sum(refused.values())
    units = OrgUnit.objects.filter(pk__in=refused).in_tree_order()[: NAMED + 1]
    names = [unit.name for unit in units]
    named = listed(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    sentence = ngettext(
        "{count} piece of work ({kind}) lies in units where {people} may not take it: {units}.",
        "{count} pieces of work ({kind}) lie in units where {people} may not take them: {units}.",
        count,
    )
    who = listed([person.name for person in people][:NAMED])
    return sentence.format(count=f"{count:,}", kind=work.title, people=who, units=named)


INSERT = """
    WITH units AS (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::int[]) AS u(unit_id, pool, size)
    ), receivers AS (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::bigint[]) AS r(pool, position, user_id)
    ), work AS MATERIALIZED (
        SELECT rows.* FROM ({rows}) AS rows(id, unit_id, holder_id, lead_id)
    ), turns AS (
        SELECT w.*, u.pool, u.size,
               row_number() OVER (PARTITION BY u.pool ORDER BY w.unit_id, w.id) - 1 AS turn
        FROM work AS w JOIN units AS u ON u.unit_id = w.unit_id
    )
    INSERT INTO accounts_handoveritem
        (hand_over_id, kind, record_id, unit_id, from_user_id, to_user_id, outcome)
    SELECT %s, %s, t.id, t.unit_id, t.holder_id, COALESCE(lead.to_user_id, r.user_id), ''
    FROM turns AS t
    JOIN receivers AS r ON r.pool = t.pool AND r.position = t.turn %% t.size
    LEFT JOIN accounts_handoveritem AS lead
        ON lead.hand_over_id = %s AND lead.kind = %s AND lead.record_id = t.lead_id
    WHERE t.holder_id IS DISTINCT FROM COALESCE(lead.to_user_id, r.user_id)
"""


def _insert_items(
    hand_over: HandOver, work: Work, rows: QuerySet[Any], pools: dict[int, tuple[int, ...]]
) -> int:
    numbers: dict[tuple[int, ...], int] = {}
    for pool in pools.values():
        numbers.setdefault(pool, len(numbers))
    members = [
        (n, place, person) for pool, n in numbers.items() for place, person in enumerate(pool)
    ]
    locked = rows.order_by().select_for_update(of=("self",))
    lead = locked.annotate(lead=work.lead) if work.lead is not None else locked
    columns = ["pk", "unit_id", f"{work.holder}_id", "lead" if work.lead is not None else "pk"]
    sql, params = lead.values_list(*columns).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT.format(rows=sql),
            [
                list(pools),
                [numbers[pool] for pool in pools.values()],
                [len(pool) for pool in pools.values()],
                [member[0] for member in members],
                [member[1] for member in members],
                [member[2] for member in members],
                *params,
                hand_over.pk,
                work.key,
                hand_over.pk,
                work.follows,
            ],
        )
        return cursor.rowcount


def _give(hand_over: HandOver, work: Work) -> None:
    """Let the rows follow their items."""
    table, column = _column(work)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS t SET {column} = i.to_user_id FROM accounts_handoveritem AS i "  # noqa: S608
            "WHERE i.hand_over_id = %s AND i.kind = %s AND t.id = i.record_id",
            [hand_over.pk, work.key],
        )


def _column(work: Work) -> tuple[str, str]:
    """Table and column of the holder, quoted."""
    model = work.rows().model
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), quote(model._meta.get_field(work.holder).column)


def _tell(hand_over: HandOver) -> None:
    """Audit entry, and a notice to each receiver with his own number."""
    numbers: dict[int, int] = defaultdict(int)
    shares = shares_of(hand_over)
    for share in shares:
        numbers[share.to_id] += share.count
    people = {person.pk: person for person in User.objects.filter(pk__in=numbers)}
    giver = hand_over.giver
    record(
        "work.handed_over",
        by=hand_over.by,
        subject=hand_over,
        count=hand_over.count,
        giver=giver.employee_no if giver else "—",
        receivers=sorted(person.employee_no for person in people.values()),
    )
    for key, count in numbers.items():
        notify(
            [people[key]],
            "accounts.work_received",
            key=f"hand-over:{hand_over.pk}:{key}",
            url=hand_over.get_absolute_url() if key == hand_over.by_id else _list_of(shares, key),
            count=count,
            giver=giver.name if giver else "",
            until=hand_over.until.isoformat() if hand_over.until else "",
        )


def _list_of(shares: Sequence[Share], receiver: int | None = None) -> str:
    """The page that lists most of what came to a receiver, or to all of them."""
    counts: dict[str, int] = defaultdict(int)
    for share in shares:
        if receiver in (None, share.to_id):
            counts[share.kind] += share.count
    # What follows something else stands on the other's page.
    leading = {work.key: work.list_url for work in kinds() if not work.follows}
    moved = [key for key in leading if counts[key]]
    return leading[max(moved, key=lambda key: counts[key])] if moved else "/customers/"


# --- the way back -------------------------------------------------------------------------------


def undo_until(hand_over: HandOver) -> dt.date | None:
    """The last day on which a hand-over can be undone; None when it cannot."""
    if hand_over.state != HandOverState.DONE or hand_over.done_at is None:
        return None
    days = policy("accounts.hand_over_undo_days")
    return timezone.localdate(hand_over.done_at) + dt.timedelta(days=days)


@transaction.atomic
def undo_hand_over(hand_over: HandOver, *, by: User | None) -> HandOver:
    """Give the work back to whom it was taken from. What changed since stays where it is, and its
    item says why. Raises Refused after the days that the policy allows, and out of reach."""
    held = HandOver.objects.select_for_update(of=("self",)).get(pk=hand_over.pk)
    limit = undo_until(held)
    if limit is None:
        raise Stale(_("This hand-over cannot be undone any more."))
    if timezone.localdate() > limit:
        raise Refused(
            _("A hand-over can be undone until {day} only.").format(day=limit.isoformat())
        )
    _check_may_undo(held, by)
    _take_back(held, state=HandOverState.UNDONE, by=by)
    return held


def _check_may_undo(hand_over: HandOver, by: User | None) -> None:
    """Whoever undoes must reach all of it with the right that gave it."""
    if by is None:
        return
    for work in kinds():
        items = HandOverItem.objects.filter(hand_over=hand_over, kind=work.key)
        if not items.exists():
            continue
        moved: Any = work.rows().model._default_manager.filter(pk__in=items.values("record_id"))
        rows: Any = work.placed(moved)
        if hand_over.giver_id is None:
            mine = rows.visible_to(by, work.right)
        else:
            mine = rows.filter(reach_of(by).q(()))
        if rows.exclude(pk__in=mine.values("pk")).exists():
            raise Refused(_("Part of this work lies outside your reach; you may not undo it."))


@transaction.atomic
def end_stand_in(hand_over: HandOver) -> HandOver:
    """Return the work of a stand-in whose last day has passed. Doing it twice changes nothing."""
    held = HandOver.objects.select_for_update(of=("self",)).get(pk=hand_over.pk)
    over = held.until is not None and held.until < timezone.localdate()
    if held.state == HandOverState.DONE and over:
        _take_back(held, state=HandOverState.RETURNED, by=None)
    return held


def end_stand_ins() -> int:
    """Return all work whose stand-in has ended, each in its own transaction. Returns how many."""
    over = HandOver.objects.filter(state=HandOverState.DONE, until__lt=timezone.localdate())
    done = 0
    for hand_over in over.order_by("-done_at", "-pk"):
        end_stand_in(hand_over)
        done += 1
    return done


def _take_back(hand_over: HandOver, *, state: str, by: User | None) -> None:
    moved = _moved(hand_over)
    _hold_what_precedes({work.key: _still_open(hand_over, work) for work in moved})
    for work in reversed(moved):
        _return_rows(hand_over, work)
        _say_why_left(hand_over, work)
    hand_over.state, hand_over.ended_at, hand_over.ended_by = state, timezone.now(), by
    hand_over.save(update_fields=["state", "ended_at", "ended_by"])
    for act in REGISTRY.undone:
        act(hand_over)
    returned = hand_over.items.filter(outcome=Outcome.RETURNED).count()
    record(
        "work.returned", by=by, subject=hand_over, count=returned, left=hand_over.count - returned
    )
    _tell_returned(hand_over, returned)


def _tell_returned(hand_over: HandOver, returned: int) -> None:
    receivers = set(hand_over.items.values_list("to_user_id", flat=True).distinct())
    people = receivers | ({hand_over.giver_id} if hand_over.giver_id else set())
    notify(
        User.objects.filter(pk__in=people - {hand_over.ended_by_id}),
        "accounts.work_returned",
        key=f"hand-over:{hand_over.pk}:returned",
        url=_list_of(shares_of(hand_over)),
        count=returned,
        giver=hand_over.giver.name if hand_over.giver else "",
    )


RETURN = """
    WITH allowed AS (
        SELECT * FROM unnest(%s::bigint[], %s::int[]) AS a(user_id, unit_id)
    ), back AS (
        UPDATE {table} AS t SET {column} = i.from_user_id
        FROM accounts_handoveritem AS i, ({rows}) AS w(id, unit_id)
        WHERE i.hand_over_id = %s AND i.kind = %s AND t.id = i.record_id
          AND t.{column} = i.to_user_id
          AND t.id = w.id
          AND (i.from_user_id IS NULL OR EXISTS (
              SELECT FROM allowed AS a
              WHERE a.user_id = i.from_user_id AND a.unit_id = w.unit_id))
        RETURNING t.id
    )
    UPDATE accounts_handoveritem AS i SET outcome = 'returned'
    FROM back WHERE i.hand_over_id = %s AND i.kind = %s AND i.record_id = back.id
"""


def _still_open(hand_over: HandOver, work: Work) -> QuerySet[Any]:
    """The open rows among those that were handed over."""
    items = HandOverItem.objects.filter(hand_over=hand_over, kind=work.key)
    return work.rows().filter(pk__in=items.values("record_id"))


def _return_rows(hand_over: HandOver, work: Work) -> None:
    """Give back what its receiver still holds, to people who may hold it where it lies today."""
    items = HandOverItem.objects.filter(hand_over=hand_over, kind=work.key)
    rows = _still_open(hand_over, work)
    givers = list(User.objects.active().filter(pk__in=items.values("from_user")))
    units = list(rows.order_by().values_list("unit_id", flat=True).distinct())
    allowed = work.takers(givers, units, None)
    pairs = [(person, unit) for person, where in allowed.items() for unit in where]
    table, column = _column(work)
    sql, params = rows.order_by().values_list("pk", "unit_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            RETURN.format(table=table, column=column, rows=sql),
            [
                [pair[0] for pair in pairs],
                [pair[1] for pair in pairs],
                *params,
                hand_over.pk,
                work.key,
                hand_over.pk,
                work.key,
            ],
        )


WHY = """
    UPDATE accounts_handoveritem AS i SET outcome = CASE
        WHEN NOT EXISTS (SELECT FROM {table} AS t WHERE t.id = i.record_id) THEN 'gone'
        WHEN i.record_id NOT IN ({rows}) THEN 'closed'
        WHEN EXISTS (SELECT FROM {table} AS t WHERE t.id = i.record_id
                     AND t.{column} IS DISTINCT FROM i.to_user_id) THEN 'moved_on'
        ELSE 'left' END
    WHERE i.hand_over_id = %s AND i.kind = %s AND i.outcome = ''
"""


def _say_why_left(hand_over: HandOver, work: Work) -> None:
    """Mark each row that was not given back with the reason."""
    rows = _still_open(hand_over, work)
    table, column = _column(work)
    sql, params = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            WHY.format(table=table, column=column, rows=sql), [*params, hand_over.pk, work.key]
        )


# --- work of people who left --------------------------------------------------------------------


@transaction.atomic
def find_work_left(only: User | None = None) -> int:
    """Look for open work of people who have left, and write down what is found. Returns how many
    pieces. `only` looks at one person."""
    left = User.objects.filter(state=UserState.LEFT)
    if only is not None:
        left = left.filter(pk=only.pk)
    WorkLeft.objects.filter(user__in=left).delete()
    WorkLeft.objects.exclude(user__state=UserState.LEFT).delete()
    if not left.exists():
        return 0
    parts = [
        _numbered(work.key, work.rows().filter(**{f"{work.holder}__in": left}), f"{work.holder}_id")
        for work in kinds()
    ]
    found = [
        WorkLeft(user_id=person, kind=kind, count=count) for kind, person, count in _together(parts)
    ]
    WorkLeft.objects.bulk_create(found)
    return sum(row.count for row in found)


def delete_old_drafts() -> int:
    """Delete plans that nobody carried out within a week. Returns how many."""
    old = HandOver.objects.filter(
        state=HandOverState.DRAFT, made_at__lt=timezone.now() - DRAFTS_KEPT
    )
    return old.delete()[0]
