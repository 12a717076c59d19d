"""The answers of a wave as a list, and one of them (SAT-04).

Of an anonymous wave the answers of a project are shown only once there are as many as a figure
needs (`satisfaction.minimum_n`): with its few neighbours one's answer would tell whose it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Prefetch, QuerySet

from accounts.scopes import narrow
from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit
from regions.policies import policy_values
from satisfaction.models import Chosen, Item, Rating, Remark, Response, Wave

VIEW = "satisfaction.view_response"
IDENTITY = "satisfaction.view_identity"
ANY_FLAG, COUNTED, VOIDED = "any", "counted", "voided"
NEWEST = Order("-id", "id", descending=True)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """A filtered list as page and export share it. Empty fields do not filter."""

    wave: Wave
    unit: OrgUnit | None = None
    flag: str = ""
    show: str = ""
    channel: str = ""

    def refine(self, rows: Any) -> Any:
        """The conditions beside scope."""
        rows = rows.filter(wave=self.wave)
        if self.flag == ANY_FLAG:
            rows = rows.exclude(flags=[])
        elif self.flag:
            rows = rows.filter(flags__contains=[self.flag])
        if self.show:
            rows = rows.filter(voided_at__isnull=self.show == COUNTED)
        if self.channel:
            rows = rows.filter(asked_by=self.channel)
        return rows


def answer_parts(user: Any, query: AnswerQuery) -> list[QuerySet[Response]]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    hidden = hidden_projects(query.wave)
    parts = [query.refine(part) for part in Response.objects.all().branches_of(scope, VIEW)]
    return [part.exclude(unit__in=hidden) for part in parts] if hidden else parts


def hidden_projects(wave: Wave) -> set[int]:
    """Projects of an anonymous wave with too few answers to show any."""
    if not wave.is_anonymous:
        return set()
    rows = Response.objects.filter(wave=wave).order_by().values_list("unit")
    least = policy_values("satisfaction.minimum_n")
    return {unit for unit, number in rows.annotate(n=Count("pk")) if number < least[unit]}


def answer_rows(keys: Iterable[Key]) -> list[Response]:
    """The answers of these keys with what a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Response.objects.select_related("unit").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def answer_in_reach(user: Any, wave: Wave, pk: int) -> Response | None:
    """One answer of a wave in reach, or None."""
    rows = Response.objects.visible_to(user).select_related("unit", "voided_by", "entered_by")
    return rows.filter(wave=wave, pk=pk).exclude(unit__in=hidden_projects(wave)).first()


def person_of(user: Any, response: Response) -> Any:
    """Who gave an answer, for readers who may know; None for others and in anonymous waves."""
    if response.is_anonymous or response.customer_id is None:
        return None
    known = Response.objects.visible_to(user, IDENTITY).filter(pk=response.pk)
    return response.customer if known.exists() else None


@dataclass(slots=True)
class Said:
    """What somebody said to one item."""

    item: Item
    score: int | None = None
    importance: int | None = None
    expectation: int | None = None
    words: str = ""
    chosen: list[str] = field(default_factory=list)


def said_in(response: Response) -> list[Said]:
    """Everything an answer says, in the order of asking. Three queries."""
    return list(_said(_with_answers(Response.objects.filter(pk=response.pk))[0]))


def all_answers(user: Any, query: AnswerQuery) -> Iterator[list[tuple[Response, dict[int, Said]]]]:
    """The whole list in chunks, each answer with what it says by item; for exports."""
    last = 0
    parts = answer_parts(user, query)
    while True:
        tops = [
            part.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True) for part in parts
        ]
        keys = sorted({key for top in tops for key in top[:CHUNK]})[:CHUNK]
        if not keys:
            return
        last = keys[-1]
        rows = _with_answers(Response.objects.filter(pk__in=keys)).order_by("pk")
        yield [(row, {said.item.pk: said for said in _said(row)}) for row in rows]


def _with_answers(rows: QuerySet[Response]) -> QuerySet[Response]:
    return rows.select_related("unit", "customer").prefetch_related(
        Prefetch("ratings", Rating.objects.select_related("item")),
        Prefetch("remarks", Remark.objects.select_related("item")),
        Prefetch(
            "chosen",
            Chosen.objects.select_related("option__item").order_by("option__position"),
        ),
    )


def _said(response: Response) -> list[Said]:
    found: dict[int, Said] = {}

    def of(item: Item) -> Said:
        return found.setdefault(item.pk, Said(item))

    for rating in response.ratings.all():
        said = of(rating.item)
        said.score, said.importance = rating.score, rating.importance
        said.expectation = rating.expectation
    for remark in response.remarks.all():
        of(remark.item).words = remark.text
    for one in response.chosen.all():
        of(one.option.item).chosen.append(one.option.shown_text)
    return sorted(found.values(), key=lambda said: said.item.position)
