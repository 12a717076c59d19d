"""Questions as the forms show them: every row is a target, nothing is chosen beforehand."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.display import listed
from satisfaction.models import Item, ItemRole, QuestionnaireKind
from satisfaction.models.questionnaires import SCORED_KINDS
from satisfaction.scales import IMPORTANCE_SCALE
from satisfaction.selectors.questionnaires import only_after
from satisfaction.services.answering import CHOOSING, LONGEST, NOT_USED, Entry, Kept


def question_rows(
    items: Iterable[Item], kept: Kept, problems: Mapping[int, str], kind: str
) -> list[dict[str, Any]]:
    """What the template prints of each item; `kind` is the questionnaire's."""
    return [
        _row(item, kept.get(str(item.pk), {}), problems.get(item.pk, ""), kind) for item in items
    ]


def _row(item: Item, entry: Entry, problem: str, kind: str) -> dict[str, Any]:
    row = {
        "key": item.pk,
        "text": item.shown_text,
        "problem": problem,
        "is_required": item.is_required,
        "columns": [],
        "when": _when(item),
    }
    if item.role == ItemRole.REMARK:
        return row | {"shape": "words", "value": entry.get("t", ""), "longest": LONGEST}
    if item.role in CHOOSING:
        chosen = set(entry.get("c", ()))
        options = [
            _point(option.position, option.shown_text, option.position in chosen)
            for option in item.options.all()
        ]
        single = item.role == ItemRole.CHOICE
        return row | {"shape": "radio" if single else "checkbox", "options": options}
    return row | {"shape": "rating", "columns": _columns(item, entry, kind)}


def _when(item: Item) -> dict[str, Any] | None:
    """The question on which another one waits, and its answers after which alone it is asked."""
    if item.condition is None:
        return None
    return {"key": item.condition.pk, "values": " ".join(map(str, item.condition_values))}


def only_words(item: Item) -> str:
    """After which answers alone an item is asked, in a sentence; empty when everybody is."""
    if item.condition is None:
        return ""
    sentence = _("Asked only after “{name}”: {answers}")
    answers = listed(only_after(item))
    return sentence.format(name=item.condition.shown_name, answers=answers)


def _columns(item: Item, entry: Entry, kind: str) -> list[dict[str, Any]]:
    columns = [_column("s", item.points, entry, _ends(item, kind))]
    if item.allows_unused:
        columns[0]["points"].append(_point(NOT_USED, _("Not used"), "u" in entry))
    if item.asks_importance:
        points = range(IMPORTANCE_SCALE[0], IMPORTANCE_SCALE[1] + 1)
        ends = (_("Not important at all"), _("Very important"))
        columns.append(_column("i", points, entry, ends, _("How important is it to you?")))
    if item.asks_expectation:
        ends = (_("Very low"), _("Very high"))
        columns.append(_column("e", item.points, entry, ends, _("What had you expected?")))
    if len(columns) > 1:
        columns[0]["title"] = _("How was it?")
    return columns


def _column(
    name: str, points: range, entry: Entry, ends: tuple[str, str], title: str = ""
) -> dict[str, Any]:
    words = {points[0]: ends[0], points[-1]: ends[1]}
    given = entry.get(name)
    return {
        "name": name,
        "title": title,
        "points": [_point(point, words.get(point, ""), given == point) for point in points],
    }


def _point(value: Any, words: str, chosen: bool) -> dict[str, Any]:
    return {"value": value, "words": words, "chosen": chosen}


def _ends(item: Item, kind: str) -> tuple[str, str]:
    """What the lowest and the highest point mean."""
    if item.role == ItemRole.RECOMMENDATION:
        return _("Not at all likely"), _("Extremely likely")
    if kind in SCORED_KINDS:
        return _("Very dissatisfied"), _("Very satisfied")
    if kind == QuestionnaireKind.MATURITY:
        return _("Not at all true"), _("Fully true")
    return _("Very low"), _("Very high")
