"""What an item must be before it may be asked: one sentence for each mistake (SAT-02).

The functions look at rows in memory and ask nothing of the database, so a whole questionnaire is
checked by the same rules as one item.
"""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from core.errors import Refused
from satisfaction.models import Indicator, Item, ItemRole, Option
from satisfaction.models.questionnaires import SCORED_KINDS, UNRATED
from satisfaction.scales import ASKED_SCALES, RECOMMENDATION_SCALE

CHOOSING = (ItemRole.CHOICE, ItemRole.CHOICES)
SINGLE = (ItemRole.OVERALL, ItemRole.RECOMMENDATION)
FEWEST_OPTIONS, MOST_OPTIONS = 2, 30

Texts = Sequence[tuple[str, str]]  # options in Chinese and English


def check_item(item: Item, texts: Texts, others: Collection[Item], kind: str) -> None:
    """Refuse an item that cannot be asked beside the other items of its version."""
    _check_name(item, others)
    _check_scale(item)
    _check_aspects(item)
    _check_options(item, texts)
    _check_kind(item, kind)
    _check_indicator(item.indicator)


def check_conditions(items: Sequence[Item], options: dict[int, Sequence[Option]]) -> None:
    """Refuse items, in the order of asking, of which one depends on a later one, or on an answer
    that nobody can give."""
    seen: dict[int, Item] = {}
    for item in items:
        if item.condition_id is not None:
            _check_condition(item, seen.get(item.condition_id), options)
        seen[item.pk] = item


def answers_of(item: Item, options: Sequence[Option]) -> list[int]:
    """What a condition on an item may name: points of its scale, or positions of its options."""
    if item.role in CHOOSING:
        return [option.position for option in options]
    return list(item.points)


def _check_name(item: Item, others: Collection[Item]) -> None:
    if not item.name:
        raise Refused(_("Please name the item."))
    if any(other.name == item.name for other in others):
        sentence = _("There is an item named “{name}” already. Please choose another name.")
        raise Refused(sentence.format(name=item.name))
    if item.role in SINGLE and any(other.role == item.role for other in others):
        sentence = _("A questionnaire asks for “{role}” once only.")
        raise Refused(sentence.format(role=item.get_role_display()))


def _check_scale(item: Item) -> None:
    scale = (item.low, item.high)
    if item.role in UNRATED:
        if scale != (None, None):
            raise Refused(_("Only ratings have a scale. Please leave it empty."))
    elif item.role == ItemRole.RECOMMENDATION:
        if scale != RECOMMENDATION_SCALE:
            raise Refused(_("Recommendation is asked on the scale from 0 to 10."))
    elif scale not in ASKED_SCALES:
        raise Refused(_("Please choose the scale 1 to 5 or 1 to 10."))


def _check_aspects(item: Item) -> None:
    if item.role == ItemRole.ITEM:
        return
    if item.asks_importance or item.asks_expectation:
        raise Refused(_("Importance and expectation are asked of single items only."))
    if item.allows_unused:
        raise Refused(_("“Not used” is offered with single items only."))


def _check_options(item: Item, texts: Texts) -> None:
    if item.role not in CHOOSING:
        if texts:
            raise Refused(_("Only choices have answers to choose from. Please leave them empty."))
        return
    if not FEWEST_OPTIONS <= len(texts) <= MOST_OPTIONS:
        sentence = _("A choice offers {fewest} to {most} answers, each on a line of its own.")
        raise Refused(sentence.format(fewest=FEWEST_OPTIONS, most=MOST_OPTIONS))
    chinese = [text for text, _english in texts]
    twice = next((text for text in chinese if chinese.count(text) > 1), None)
    if twice is not None:
        sentence = _("The answer “{text}” stands there twice.")
        raise Refused(sentence.format(text=twice))


def _check_kind(item: Item, kind: str) -> None:
    if kind in SCORED_KINDS:
        return
    if item.role in SINGLE or item.indicator is not None:
        raise Refused(
            _(
                "This kind of questionnaire never enters satisfaction: it asks neither for overall "
                "satisfaction nor for recommendation, and its items bear no indicator."
            )
        )


def _check_indicator(indicator: Indicator | None) -> None:
    if indicator is not None and indicator.level != Indicator.DEEPEST:
        raise Refused(_("Please choose an indicator of the third level."))


def _check_condition(
    item: Item, asked_before: Item | None, options: dict[int, Sequence[Option]]
) -> None:
    if asked_before is None:
        sentence = _("“{name}” depends on an answer, so it must stand behind the item asked first.")
        raise Refused(sentence.format(name=item.name))
    if asked_before.role == ItemRole.REMARK:
        raise Refused(_("A condition looks at ratings and choices, not at words."))
    if not item.condition_values:
        sentence = _("Please say after which answers to “{name}” this is asked.")
        raise Refused(sentence.format(name=asked_before.name))
    possible = answers_of(asked_before, options.get(asked_before.pk, ()))
    if not set(item.condition_values) <= set(possible):
        sentence = _("The condition of “{item}” names an answer that “{name}” does not offer.")
        raise Refused(sentence.format(item=item.name, name=asked_before.name))
