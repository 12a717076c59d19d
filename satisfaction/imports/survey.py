"""An agency's raw answers: one row a person, a column for each thing that was asked.

The columns of people and places are known; the others are questions, recognised by their heads
and by what stands in them (`columns`). A wave that does not exist yet is made from them.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from core.errors import Refused
from core.files.headers import Field, Header, apply_overrides, data_rows
from core.files.problems import FileProblem
from core.imports.kinds import (
    ImportContext,
    ImportKind,
    Option,
    Section,
    SheetSpec,
    Source,
    register,
)
from core.imports.report import Report, phase
from customers.imports.directory import REASONS
from regions.models import Kind, OrgUnit
from satisfaction.imports import columns
from satisfaction.imports.columns import Asked
from satisfaction.imports.fields import FIELDS
from satisfaction.imports.survey_rows import PERMISSION, AnswerChecker, AnswerRow
from satisfaction.imports.survey_writer import AnswerWriter
from satisfaction.models import Item, ItemRole, Wave, WaveState
from satisfaction.models.questionnaires import SCORED_KINDS
from satisfaction.services.from_file import PlannedItem, wave_from_file
from satisfaction.services.questionnaires import CODE_LENGTH
from satisfaction.services.scoring_jobs import ask_for_scoring

CHUNK = 5000
QUESTIONS = ("overall", "recommendation", "remark")


@dataclasses.dataclass(frozen=True, slots=True)
class SurveySection(Section):
    """A sheet of answers with what its columns ask; `unknown_scale` are heads of columns whose
    ratings lie on none of the known scales."""

    asked: Mapping[int, Asked] = dataclasses.field(default_factory=dict)
    unknown_scale: tuple[str, ...] = ()


@register
class SurveyKind(ImportKind):
    """`survey`: answers of a wave."""

    name = "survey"
    title = gettext_lazy("Survey answers")
    permission = PERMISSION
    sheets = (SheetSpec("survey", FIELDS, ("满意度调查", "原始数据", "数据", "答卷", "调查数据")),)
    reasons = {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "duplicate_sample": gettext_lazy("Sample number twice"),
        **REASONS,
        "no_answers": gettext_lazy("No answers"),
        "number_taken": gettext_lazy("Sample number belongs to another project"),
    }
    position = 4
    takes_mode = True
    options = (
        Option(
            "wave",
            gettext_lazy("Wave"),
            gettext_lazy("Its code, as 2026-H2. A wave that does not exist is made."),
        ),
    )

    def fields_of(self, spec: SheetSpec, columns_: Iterable[Mapping[str, Any]]) -> list[Field]:
        found = list(columns_)
        more = columns.choices_of(found)
        names = {field.name for field in more}
        given = [columns.label_of(c["field"]) for c in found if ":" in c["field"]]
        return [*spec.fields, *more, *(field for field in given if field.name not in names)]

    def _section(
        self, stack: Any, path: Path | str, filename: str, spec: SheetSpec, overrides: Any
    ) -> Section:
        """Recognise people and places first, then the questions among the other columns."""
        plain = super()._section(stack, path, filename, spec, {})
        header = _without_guesses(plain.header)
        rows = data_rows(plain.table.rows(), header)
        found = columns.questions(header, rows)
        header = columns.recognised(header, found.asked)
        heads = {text for column in header.columns for text in (column.head, column.leaf)}
        mine = {head: name for head, name in overrides.items() if head in heads}
        header, asked = _corrected(header, found.asked, mine, plain)
        return SurveySection(plain.spec, plain.table, header, asked, found.unknown_scale)

    # --- both ways ----------------------------------------------------------------------------

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writing=False)

    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._pass(source, context, writing=True)
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="survey",
        )
        self._score_anew(report, context)
        return report

    def _score_anew(self, report: Report, context: ImportContext) -> None:
        """New answers become new figures by themselves."""
        wave = _wave(context)
        is_scored = wave is not None and wave.version.questionnaire.kind in SCORED_KINDS
        if wave and is_scored and report.created["responses"] + report.updated["responses"]:
            ask_for_scoring(wave, by=context.actor)

    def _pass(self, source: Source, context: ImportContext, *, writing: bool) -> Report:
        """One pass over the sheet; when writing, good rows are written chunk by chunk."""
        section = source.sections["survey"]
        assert isinstance(section, SurveySection)  # noqa: S101  own _section made it
        _require(section)
        report = Report.from_counts(context.counts)
        for name in ("waves", "questionnaires", "responses"):
            report.created[name] += 0
        report.updated["responses"] += 0
        wave = _wave(context)
        if wave is None and writing:
            wave = _made(section, context, report)
        items = _items(section, wave, report)
        for head in section.unknown_scale:
            sentence = _("“{name}” is rated on a scale above 10 and was left out.")
            report.warn(0, "unknown_scale", sentence.format(name=head))
        checker = AnswerChecker(section, context, report, items)
        writer = AnswerWriter(context, wave) if wave and writing else None
        chunk: list[AnswerRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writer and len(chunk) >= CHUNK:
                writer.write(chunk, report)
                chunk = []
            if report.rows % 1000 == 0:
                context.progress(report.rows, section.table.row_count, phase(writing=writing))
        if writer and chunk:
            writer.write(chunk, report)
        context.progress(report.rows, report.rows, phase(writing=writing))
        return report


def _without_guesses(header: Header) -> Header:
    """`Q9服务渠道` is a question and no channel: a head counts by its name, not by a part of it;
    only what is asked of everybody may be guessed."""
    return dataclasses.replace(
        header,
        columns=tuple(
            dataclasses.replace(column, field="", how=None)
            if column.how == "guess" and column.field not in (*QUESTIONS, "project", "stage")
            else column
            for column in header.columns
        ),
    )


def _corrected(
    header: Header, asked: dict[int, Asked], overrides: Mapping[str, str], section: Section
) -> tuple[Header, dict[int, Asked]]:
    """Columns as a person corrected them. Raises FileProblem for a field that does not exist."""
    aspects = (*columns.ASPECTS, ItemRole.REMARK.value)
    known = {field.name for field in header.fields}
    more = {
        name
        for name in overrides.values()
        if name not in known and name.partition(":")[0] in aspects and name.partition(":")[2]
    }
    header = dataclasses.replace(
        header, fields=(*header.fields, *(columns.label_of(name) for name in sorted(more)))
    )
    header = apply_overrides(header, overrides)
    questions = {
        column.index: column
        for column in header.columns
        if ":" in column.field or column.field in QUESTIONS
    }
    found: dict[int, Asked] = {}
    for index, column in questions.items():
        if index in asked and asked[index].field == column.field:
            found[index] = asked[index]
        else:
            profile = columns.Profile()
            for _number, values in data_rows(section.table.head(), header):
                profile.see(values[index] if index < len(values) else None)
            found[index] = columns.asked_for(column.field, column, profile)
    return header, found


def _require(section: SurveySection) -> None:
    """Raises FileProblem unless the file names projects and asks something."""
    found = section.header.positions
    if "project" not in found and "project_code" not in found:
        sentence = _("The file has no column for the project. Please name one: {heads}.")
        raise FileProblem(sentence.format(heads="项目编码, 项目名称"))
    if not any(asked.role != ItemRole.REMARK for asked in section.asked.values()):
        raise FileProblem(_("The file has no column with ratings. Please check its columns."))


def _wave(context: ImportContext) -> Wave | None:
    """The wave that was named, if it exists. Raises Refused without a name, for one outside the
    reach, and for one that takes no more answers."""
    code = context.options.get("wave", "").strip()
    if not code:
        raise Refused(_("Please name the wave that the answers belong to."))
    if len(code) > CODE_LENGTH:
        raise Refused(_("The code of a wave has at most {n} characters.").format(n=CODE_LENGTH))
    wave = Wave.objects.select_related("version__questionnaire").filter(code=code).first()
    if wave is None:
        return None
    if context.actor is not None and not (
        Wave.objects.visible_to(context.actor, PERMISSION).filter(pk=wave.pk).exists()
    ):
        raise Refused(_("The wave {code} belongs to another branch.").format(code=code))
    if wave.state == WaveState.CLOSED:
        raise Refused(_("The wave {code} is closed and takes no more answers.").format(code=code))
    return wave


def _made(section: SurveySection, context: ImportContext, report: Report) -> Wave:
    """A wave that asks what the file asks, of the branch that the importer reaches."""
    code = context.options["wave"].strip()
    wave = wave_from_file(code, code, _unit(context), _planned(section), by=context.actor)
    report.created["waves"] += 1
    report.created["questionnaires"] += wave.version.waves.count() == 1
    return wave


def _unit(context: ImportContext) -> OrgUnit:
    scope = context.scope(PERMISSION)
    if scope.everything:
        return OrgUnit.objects.get(kind=Kind.GROUP)
    branches = [branch.unit_id for branch in scope.branches if branch.unit_id is not None]
    if len(branches) != 1:
        raise Refused(_("You reach several branches. Please have the wave made first."))
    return OrgUnit.objects.get(pk=branches[0])


def _planned(section: SurveySection) -> list[PlannedItem]:
    """The items in the order of the columns; what is asked of one item stands together."""
    found: dict[tuple[ItemRole, str], PlannedItem] = {}
    for _index, asked in sorted(section.asked.items()):
        key = (asked.role, asked.name)
        planned = found.get(key) or PlannedItem(asked.role, asked.name, asked.low, asked.high)
        if asked.aspect == columns.SCORE:
            planned = dataclasses.replace(planned, low=asked.low, high=asked.high)
        found[key] = dataclasses.replace(
            planned,
            asks_importance=planned.asks_importance or asked.aspect == columns.IMPORTANCE,
            asks_expectation=planned.asks_expectation or asked.aspect == columns.EXPECTATION,
        )
    return list(found.values())


def _items(
    section: SurveySection, wave: Wave | None, report: Report
) -> dict[int, tuple[int, Asked]]:
    """Column → the wave's item that it asks of. A column that asks of none is left out."""
    if wave is None:
        return {index: (index, asked) for index, asked in section.asked.items()}
    known: dict[tuple[str, str], Item] = {}
    single: dict[str, Item] = {}
    for one in wave.version.items.all():
        known[str(one.role), one.name] = one
        if one.role != ItemRole.ITEM:
            single.setdefault(str(one.role), one)
    found: dict[int, tuple[int, Asked]] = {}
    used: set[tuple[int, str]] = set()
    for index, asked in section.asked.items():
        item = known.get((str(asked.role), asked.name)) or single.get(str(asked.role))
        if item is None or (item.pk, asked.aspect) in used:
            sentence = _("The wave does not ask for “{name}”; the column was left out.")
            report.warn(0, "unknown_item", sentence.format(name=asked.name))
            continue
        used.add((item.pk, asked.aspect))
        if asked.aspect != columns.IMPORTANCE:
            asked = dataclasses.replace(asked, low=item.low, high=item.high)
        found[index] = (item.pk, asked)
    return found
