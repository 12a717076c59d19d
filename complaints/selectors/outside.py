"""Group complaints, public opinion and early warnings as pages show them."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from complaints.models import Case, Complainant, EarlyWarning, PublicOpinion
from complaints.states import OPEN

SHOWN = 200  # the newest; older ones are found through their cases


def groups_for(user: Any) -> list[Case]:
    """Parent cases in the reader's scope, the newest first, with how many children are open."""
    parents = Case.objects.filter(children__isnull=False).values("pk")
    return list(
        Case.objects.visible_to(user)
        .filter(pk__in=parents)
        .select_related("unit", "category__parent", "level")
        .annotate(
            size=Count("children"), unsolved=Count("children", filter=Q(children__state__in=OPEN))
        )
        .order_by("-taken_in_at", "-pk")[:SHOWN]
    )


def children_of(user: Any, parent: Case) -> QuerySet[Case]:
    """The cases of a group that the reader sees."""
    return (
        Case.objects.visible_to(user)
        .filter(parent=parent)
        .select_related("unit", "level", "handler")
        .order_by("taken_in_at", "pk")
    )


def spokesperson_of(parent: Case) -> Complainant | None:
    """Who speaks for the group."""
    return Complainant.objects.filter(case__parent=parent, is_spokesperson=True).first()


def opinions_for(user: Any, *, settled: bool) -> list[PublicOpinion]:
    """Items of public opinion in scope, tracked or settled."""
    return list(
        PublicOpinion.objects.visible_to(user)
        .filter(settled_at__isnull=not settled)
        .select_related("unit", "level")
        .annotate(linked=Count("cases"))
        .order_by("-first_seen_at", "-pk")[:SHOWN]
    )


def warnings_for(user: Any, *, settled: bool) -> list[EarlyWarning]:
    """Early warnings in scope, open or settled."""
    return list(
        EarlyWarning.objects.visible_to(user)
        .filter(settled_at__isnull=not settled)
        .select_related("unit", "customer", "case", "entered_by")
        .order_by("-noticed_at", "-pk")[:SHOWN]
    )
