"""Questionnaires and their versions: made, copied, frozen (SAT-01, SAT-02).

A version is changed while it is open. It is frozen when a wave opens with it or an answer comes
in; from then on the database refuses every change of what it asks, and a new version goes on.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from satisfaction.models import (
    Item,
    Option,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    Section,
)

ADD, CHANGE = "satisfaction.add_questionnaire", "satisfaction.change_questionnaire"
CODE_LENGTH = 40
TEXTS = ("intro", "intro_en", "thanks", "thanks_en")


@transaction.atomic
def create_questionnaire(
    *, kind: str, title: str, title_en: str = "", code: str = "", by: Any
) -> Questionnaire:
    """A questionnaire with an empty first version. Without a code it gets one from its kind."""
    check_right(by, ADD)
    row = Questionnaire.objects.create(
        code=free_code(code or QuestionnaireKind(kind).value.replace("_", "-")),
        kind=kind,
        title=_titled(title),
        title_en=title_en.strip(),
    )
    QuestionnaireVersion.objects.create(questionnaire=row, number=1, created_by=by)
    record("satisfaction.questionnaire_created", by=by, subject=row, title=row.title)
    return row


@transaction.atomic
def change_questionnaire(
    questionnaire: Questionnaire, *, title: str, title_en: str, is_active: bool, by: Any
) -> None:
    """Its title and whether new waves may use it; what its versions ask is not touched."""
    check_right(by, CHANGE)
    questionnaire.title, questionnaire.title_en = _titled(title), title_en.strip()
    questionnaire.is_active = is_active
    questionnaire.save(update_fields=["title", "title_en", "is_active"])
    record("satisfaction.questionnaire_changed", by=by, subject=questionnaire, title=title)


@transaction.atomic
def new_version(questionnaire: Questionnaire, *, by: Any) -> QuestionnaireVersion:
    """An open copy of the last version: sections, items, answers and conditions.

    Raises Refused while the last version is open itself.
    """
    check_right(by, CHANGE)
    Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    last = questionnaire.versions.latest("number")
    if last.frozen_at is None:
        sentence = _("Version {number} is still open. Please go on with that one.")
        raise Refused(sentence.format(number=last.number))
    texts = {name: getattr(last, name) for name in TEXTS}
    version = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=last.number + 1, created_by=by, **texts
    )
    _copy_items(last, version, _copy_sections(last, version))
    record(
        "satisfaction.version_created",
        by=by,
        subject=questionnaire,
        number=version.number,
        title=questionnaire.title,
    )
    return version


@transaction.atomic
def change_texts(version: QuestionnaireVersion, *, by: Any, **texts: str) -> None:
    """Introduction and words of thanks; `texts` are fields named in TEXTS."""
    held = open_version(version, by)
    for name in TEXTS:
        setattr(held, name, texts.get(name, getattr(held, name)).strip())
    held.save(update_fields=TEXTS)
    note_change(held, by)


@transaction.atomic
def freeze_version(version: QuestionnaireVersion, *, by: Any = None) -> None:
    """Nothing of what the version asks changes any more. Called by whatever first uses it: a wave
    that opens, an answer that comes in. A frozen version stays as it is.

    Raises Refused for a version that asks nothing.
    """
    if version.frozen_at is not None:
        return
    held = QuestionnaireVersion.objects.select_for_update().get(pk=version.pk)
    if held.frozen_at is None:
        if not Item.objects.filter(version=held).exists():
            raise Refused(_("This questionnaire asks nothing yet. Please add items first."))
        held.frozen_at = timezone.now()
        held.save(update_fields=["frozen_at"])
        title = held.questionnaire.title
        record(
            "satisfaction.version_frozen",
            by=by,
            subject=held.questionnaire,
            number=held.number,
            title=title,
        )
    version.frozen_at = held.frozen_at


def free_code(code: str) -> str:
    """The code, numbered where a questionnaire has it already."""
    wanted = code.strip()[:CODE_LENGTH]
    taken = set(
        Questionnaire.objects.filter(code__startswith=wanted[: CODE_LENGTH - 4]).values_list(
            "code", flat=True
        )
    )
    free, number = wanted, 1
    while free in taken:
        number += 1
        free = f"{wanted[: CODE_LENGTH - 4]}-{number}"
    return free


def check_right(by: Any, permission: str) -> None:
    """Questionnaires belong to no unit, so the right must reach the whole group. None, the
    operator or the schedule, may do everything."""
    if by is not None and not by.scope(permission).everything:
        raise Refused(_("You may not change the questionnaires of the group."))


def open_version(version: QuestionnaireVersion, by: Any) -> QuestionnaireVersion:
    """The version, locked, while it may be changed. Raises Refused when it is frozen."""
    check_right(by, CHANGE)
    held = QuestionnaireVersion.objects.select_for_update().filter(pk=version.pk).first()
    if held is None:
        raise Stale(_("Somebody has deleted this meanwhile."))
    if held.frozen_at is not None:
        sentence = _("Version {number} is frozen. Please make a new version and change that one.")
        raise Refused(sentence.format(number=held.number))
    return held


def _titled(title: str) -> str:
    if not title.strip():
        raise Refused(_("Please give the questionnaire a title."))
    return title.strip()


def note_change(version: QuestionnaireVersion, by: Any) -> None:
    """Record that somebody changed what an open version asks."""
    record(
        "satisfaction.version_changed",
        by=by,
        subject=version.questionnaire,
        number=version.number,
        title=version.questionnaire.title,
    )


def _copy_sections(last: QuestionnaireVersion, version: QuestionnaireVersion) -> dict[int, Section]:
    """Former key → copy."""
    former = list(Section.objects.filter(version=last))
    copies = [
        Section(version=version, position=one.position, title=one.title, title_en=one.title_en)
        for one in former
    ]
    Section.objects.bulk_create(copies)
    return {one.pk: copy for one, copy in zip(former, copies, strict=True)}


def _copy_items(
    last: QuestionnaireVersion, version: QuestionnaireVersion, sections: dict[int, Section]
) -> None:
    former = list(Item.objects.filter(version=last).prefetch_related("options"))
    plain = [field.attname for field in Item._meta.concrete_fields if not field.primary_key]
    copies = [Item(**{name: getattr(one, name) for name in plain}) for one in former]
    for copy in copies:
        copy.version = version
        copy.section = sections.get(copy.section_id) if copy.section_id else None
        copy.condition = None
    Item.objects.bulk_create(copies)
    copy_of = {one.pk: copy for one, copy in zip(former, copies, strict=True)}
    for one in former:
        if one.condition_id is not None:
            copy_of[one.pk].condition = copy_of[one.condition_id]
    Item.objects.bulk_update(copies, ["condition"])
    Option.objects.bulk_create(
        Option(item=copy_of[one.pk], position=o.position, text=o.text, text_en=o.text_en)
        for one in former
        for o in one.options.all()
    )
