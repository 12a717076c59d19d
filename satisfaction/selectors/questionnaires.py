"""What a version asks, in the order of its pages, and of whom (SAT-02)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, OuterRef, QuerySet, Subquery

from satisfaction.models import Item, ItemRole, Questionnaire, QuestionnaireVersion, Section

# What somebody answered so far: item → points of its scale, or positions of the options he chose.
# An item that he left open or has “not used” is absent.
Answers = Mapping[int, Collection[int]]


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page of the form. `section` is None for items that stand in no section, as those that an
    agency's file brought; they make one page."""

    section: Section | None
    items: tuple[Item, ...]


def asked_of(version: QuestionnaireVersion | int) -> list[Item]:
    """All items of a version, or of its key, in the order of asking, with section, options
    (`item.options.all()`) and condition.

    Conditions are the items of the list themselves, so `is_asked` asks nothing of the database.
    """
    items = list(
        Item.objects.filter(version=version)
        .select_related("section")
        .prefetch_related("options")
        .order_by("section__position", "position")
    )
    known = {item.pk: item for item in items}
    for item in items:
        if item.condition_id is not None:
            item.condition = known[item.condition_id]
    return items


def form_pages(version: QuestionnaireVersion | int) -> list[FormPage]:
    """The pages of the form: each section that asks something, in order. Two queries."""
    groups = groupby(asked_of(version), key=lambda item: item.section)
    return [FormPage(section, tuple(items)) for section, items in groups]


def is_asked(item: Item, given: Answers) -> bool:
    """Whether an item is asked of somebody who gave these answers so far.

    An item without condition always is. Another is, when the item it depends on was asked and
    one of its answers is one of `condition_values`. `item` comes from `asked_of` or `form_pages`.
    """
    if item.condition is None:
        return True
    answers = given.get(item.condition.pk, ())
    return is_asked(item.condition, given) and not set(item.condition_values).isdisjoint(answers)


def questionnaire_rows() -> QuerySet[Questionnaire]:
    """Questionnaires, those in use first, with the number of the newest `version`, since when it is
    frozen (`frozen_at`), how many items it `asks`, and in how many waves all were `used`."""
    last = QuestionnaireVersion.objects.filter(questionnaire=OuterRef("pk")).order_by("-number")
    asks = last.annotate(asks=Count("items")).values("asks")[:1]
    return Questionnaire.objects.annotate(
        version=Subquery(last.values("number")[:1]),
        frozen_at=Subquery(last.values("frozen_at")[:1]),
        asks=Subquery(asks),
        used=Count("versions__waves"),
    ).order_by("-is_active", "kind", "pk")


def all_pages(version: QuestionnaireVersion) -> list[FormPage]:
    """The pages as they are built: also sections that ask nothing yet. Three queries."""
    pages = {page.section.pk if page.section else None: page for page in form_pages(version)}
    found = [
        pages.pop(section.pk, FormPage(section, ()))
        for section in Section.objects.filter(version=version)
    ]
    return found + list(pages.values())


def only_after(item: Item) -> list[str]:
    """The answers, in words, after which alone an item is asked; empty when it always is."""
    condition = item.condition
    if condition is None:
        return []
    words = {option.position: option.shown_text for option in condition.options.all()}
    return [words.get(value, str(value)) for value in item.condition_values]


def lacks_overall(version: QuestionnaireVersion, pages: Iterable[FormPage]) -> bool:
    """Whether a questionnaire that enters satisfaction has no item for the whole."""
    roles = {item.role for page in pages for item in page.items}
    return version.questionnaire.is_scored and ItemRole.OVERALL not in roles
