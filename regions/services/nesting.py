"""No unit of a section lies below another one: each has one section at a time (ACC-06)."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from regions.models import SectionUnit

Pair = tuple[SectionUnit, SectionUnit]


def nested_members() -> list[Pair]:
    """Memberships, now or to come, of which one unit lies above the other at the same time."""
    rows = SectionUnit.objects.exclude(valid_until__lte=timezone.localdate())
    by_unit: dict[int, list[SectionUnit]] = {}
    for member in rows.select_related("unit", "section"):
        by_unit.setdefault(member.unit_id, []).append(member)
    return [
        (upper, lower)
        for members in by_unit.values()
        for lower in members
        for above in lower.unit.ancestor_ids()[:-1]
        for upper in by_unit.get(above, ())
        if _meet(upper, lower)
    ]


def _meet(one: SectionUnit, other: SectionUnit) -> bool:
    ends = [member.valid_until for member in (one, other) if member.valid_until is not None]
    return not ends or max(one.valid_from, other.valid_from) < min(ends)


def refuse_nested(pairs: list[Pair]) -> None:
    """Raise the refusal of what would put a unit of a section under another one."""
    for upper, lower in pairs:
        sentence = _(
            "{unit} belongs to the section {section} and would lie below {above}, which belongs to "
            "the section {other}. Please take one of them out first."
        )
        raise ValidationError(
            sentence.format(
                unit=lower.unit.name,
                section=lower.section.name,
                above=upper.unit.name,
                other=upper.section.name,
            )
        )
