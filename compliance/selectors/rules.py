"""The library of rules as its readers see it (GOV-01…05)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from approvals.models import RequestState
from compliance.models import RuleDocument, RuleVersion
from core.bigrams import containing
from core.words import around
from regions.policies import policy

CHANGE = "compliance.change_rule"
DUE, RETIRED = "due", "retired"
SHOWN = 200


def rules_of(user: Any, *, text: str = "", show: str = "", unit: Any = None) -> QuerySet[Any]:
    """Rules the reader sees, by number and title, with the version in force today: `version`,
    `since`, `approver`."""
    today = timezone.localdate()
    inforce = RuleVersion.objects.filter(
        document=OuterRef("pk"), issued_at__isnull=False, effective_on__lte=today
    ).order_by("-effective_on", "-pk")
    rows = RuleDocument.objects.visible_to(user).filter(is_retired=show == RETIRED)
    if show == DUE:
        ahead = timedelta(days=policy("compliance.rule_review_notice"))
        rows = rows.filter(next_review_on__lte=today + ahead)
    if unit is not None:
        rows = rows.filter(unit__path__startswith=unit.path)
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(number__istartswith=text))
    return (
        rows.annotate(
            version=Subquery(inforce.values("number")[:1]),
            since=Subquery(inforce.values("effective_on")[:1]),
            approver=Subquery(inforce.values("approver")[:1]),
        )
        .select_related("unit", "keeper")
        .order_by("unit__path", "number", "title")
    )


def search_rules(user: Any, pieces: list[str], *, most: int) -> list[RuleDocument]:
    """Rules in the reader's sight that have all these pieces in the title or in the text in force
    today, those first whose title has the first one; `part` is the text around it (KNW-03)."""
    today = timezone.localdate()
    inforce = RuleVersion.objects.filter(
        document=OuterRef("pk"), issued_at__isnull=False, effective_on__lte=today
    ).order_by("-effective_on", "-pk")
    rows = RuleDocument.objects.visible_to(user).filter(is_retired=False)
    rows = rows.annotate(
        version_pk=Subquery(inforce.values("pk")[:1]),
        version=Subquery(inforce.values("number")[:1]),
        part=Subquery(inforce.annotate(part=around("body", pieces[0])).values("part")[:1]),
    )
    for piece in pieces:
        says = containing(RuleVersion.objects.all(), "body", piece).values("pk")
        rows = rows.filter(Q(title__contains=piece) | Q(number=piece) | Q(version_pk__in=says))
    named = Case(When(title__contains=pieces[0], then=0), default=1)
    return list(rows.select_related("unit").order_by(named, "unit__path", "number", "pk")[:most])


def rule_in_reach(user: Any, pk: int, right: str | None = None) -> RuleDocument | None:
    """One rule in reach, or None."""
    rows = RuleDocument.objects.visible_to(user, right).select_related("unit", "keeper")
    return rows.filter(pk=pk).first()


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of a rule: the one in force, those to come and past, and the draft."""

    current: RuleVersion | None
    issued: list[RuleVersion]
    draft: RuleVersion | None

    @property
    def may_change(self) -> bool:
        """Whether nobody decides on the draft."""
        request = self.draft.request if self.draft else None
        return request is None or request.state in (RequestState.REJECTED, RequestState.WITHDRAWN)

    @property
    def may_issue(self) -> bool:
        """Whether the draft was approved, here or, as the first one, before it came here."""
        if self.draft is None:
            return False
        if self.draft.request is not None:
            return self.draft.request.state == RequestState.APPROVED
        return bool(self.draft.approver) and not self.issued


def versions_of(rule: RuleDocument, on: date) -> Versions:
    """All versions of a rule, the latest first."""
    rows = list(rule.versions.select_related("drafter", "issued_by", "request"))
    issued = [one for one in rows if one.issued_at is not None]
    current = next((one for one in issued if one.effective_on <= on), None)
    return Versions(current, issued, next((one for one in rows if one.issued_at is None), None))
