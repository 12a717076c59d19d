"""The organisation file: one sheet of units, one of people with their posts and roles.

Its structure is all or nothing: an unknown level, a parent that does not exist or stands on the
wrong level, a person in an unknown unit, and nothing is written. Breaches of naming and staffing
rules never stop it: an existing organisation is what it is, they come back as warnings under the
id of the rule.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.imports.organisation_rows import Organisation, PersonRow, UnitRow
from accounts.imports.organisation_writer import OrganisationWriter
from accounts.staffing import breaches
from audit.services import record
from core.files.headers import Field
from core.files.problems import FileProblem
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report
from core.values.base import BadValue, Cell, cell_text
from core.values.dates import parse_date
from core.values.names import clean_name
from core.values.numbers import parse_integer
from core.values.phones import national_format, parse_phone
from core.values.text import parse_text
from regions.models import PARENT_KIND, DepartmentLevel, Kind, UnitLevel

UNIT_FIELDS = (
    Field(
        "kind",
        pgettext_lazy("unit", "Level"),
        ("层级", "级别", "组织层级", "机构层级", "单位层级", "类型"),
        True,
    ),
    Field(
        "code",
        gettext_lazy("Code"),
        ("编码", "组织编码", "单位编码", "机构编码", "机构代码", "代码"),
        True,
    ),
    Field(
        "name", pgettext_lazy("unit", "Name"), ("名称", "组织名称", "单位名称", "机构名称"), True
    ),
    Field(
        "parent",
        gettext_lazy("Parent code"),
        ("上级编码", "上级组织编码", "上级单位编码", "上级机构", "上级"),
        True,
    ),
    Field(
        "department_name",
        gettext_lazy("Customer relationship department"),
        ("客户关系部门名称", "客户关系部门", "客关部门名称", "部门名称", "客关部门"),
    ),
    Field(
        "department_level",
        gettext_lazy("Level of the department"),
        ("部门级别", "部门层级", "客关部门级别"),
    ),
    Field("stage", gettext_lazy("Stage"), ("项目阶段", "阶段", "当前阶段", "所处阶段")),
    Field("households", gettext_lazy("Households"), ("总户数", "户数", "总套数", "规划户数")),
    Field(
        "opened_on",
        gettext_lazy("Opened on"),
        ("启用日期", "成立日期", "设立日期", "开业日期", "启用时间"),
    ),
)
PEOPLE_FIELDS = (
    Field(
        "employee_no",
        gettext_lazy("Employee number"),
        ("工号", "员工编号", "员工号", "人员编号"),
        True,
    ),
    Field("name", gettext_lazy("Name"), ("姓名", "员工姓名", "人员姓名"), True),
    Field(
        "phone",
        gettext_lazy("Phone"),
        ("手机号", "手机", "手机号码", "联系电话", "电话"),
        personal=True,
    ),
    Field("email", gettext_lazy("E-mail"), ("邮箱", "电子邮件", "电子邮箱", "邮件"), personal=True),
    Field(
        "unit",
        gettext_lazy("Unit code"),
        (
            "所属组织编码",
            "组织编码",
            "所属单位编码",
            "所属组织",
            "单位编码",
            "所属单位",
            "机构编码",
        ),
        True,
    ),
    Field(
        "functions", gettext_lazy("Functions"), ("职能", "岗位职能", "承担职能", "任职职能", "岗位")
    ),
    Field("dedicated", gettext_lazy("Dedicated"), ("是否专职", "专职", "专/兼职", "专兼职")),
    Field(
        "reports_to", gettext_lazy("Reports to"), ("汇报对象", "直接上级", "汇报上级", "上级领导")
    ),
    Field("role", gettext_lazy("System role"), ("系统角色", "角色", "权限角色", "CRM角色")),
    Field("position", gettext_lazy("Position"), ("职务", "职位", "岗位名称")),
    Field("hired_on", gettext_lazy("Hired on"), ("入职日期", "入职时间", "到岗日期")),
    Field("left_on", gettext_lazy("Left on"), ("离职日期", "离职时间", "离岗日期")),
)

# What banks and property companies call the four levels (ORG-26, ORG-29); a group's own names
# come from UnitLevel.
KIND_WORDS = {
    Kind.GROUP: ("集团", "集团公司", "总部", "总公司", "总行", "group"),
    Kind.REGION: ("区域", "区域公司", "区域平台", "大区", "一级分行", "分公司", "region"),
    Kind.CITY: ("城市", "城市公司", "片区", "二级分行", "city"),
    Kind.PROJECT: ("项目", "项目部", "支行", "管理处", "project"),
}
LEVEL_WORDS = {
    "中心": DepartmentLevel.CENTRE,
    "一级部门": DepartmentLevel.FIRST,
    "二级部门": DepartmentLevel.SECOND,
}
YES = frozenset({"是", "专职", "y", "yes", "1", "true", "√", ""})
SEPARATORS = "、,，;；\n"


class _Cells:
    """The cells of one row by field name, with warnings for values that cannot be read."""

    def __init__(self, section: Section, number: int, values: Sequence[Cell], report: Report):
        self.at = section.header.positions
        self.epoch1904 = section.table.epoch1904
        self.number = number
        self.values = values
        self.report = report

    def raw(self, name: str) -> Cell:
        return self.values[self.at[name]] if name in self.at else None

    def text(self, name: str, limit: int = 60) -> str:
        return self._read(name, lambda cell: parse_text(cell, max_length=limit), "")

    def code(self, name: str) -> str:
        return cell_text(self.raw(name)).upper()

    def date(self, name: str) -> dt.date | None:
        return self._read(name, lambda cell: parse_date(cell, self.epoch1904), None)

    def number_of(self, name: str) -> int | None:
        return self._read(name, parse_integer, None)

    def phone(self, name: str) -> str:
        number = self._read(name, parse_phone, "")
        return national_format(number) if number else ""

    def _read(self, name: str, parse: Any, empty: Any) -> Any:
        try:
            return parse(self.raw(name))
        except BadValue as bad:
            self.report.warn(self.number, bad.code, bad.message)
            return empty


def _wrong(number: int, sentence: str | Promise, **details: str) -> FileProblem:
    """A fault of structure: nothing of the file is written."""
    message = str(sentence).format(**details)
    return FileProblem(_("Row {row}: {problem}").format(row=number, problem=message))


def read_units(section: Section, report: Report) -> dict[str, UnitRow]:
    """The units sheet. Raises FileProblem when it is not one tree of the four levels."""
    section.header.require()
    words = {word: kind for kind, names in KIND_WORDS.items() for word in names}
    words |= {level.name: Kind(level.kind) for level in UnitLevel.objects.all()}
    units: dict[str, UnitRow] = {}
    for number, values in section.rows():
        report.rows += 1
        row = _unit_row(_Cells(section, number, values, report), words)
        if row.code in units:
            sentence = _("the code {code} occurs twice.")
            raise _wrong(number, sentence, code=row.code)
        units[row.code] = row
        report.accepted += 1
    _check_tree(units)
    return units


def _unit_row(cells: _Cells, words: dict[str, Kind]) -> UnitRow:
    word = cell_text(cells.raw("kind"))
    kind = words.get(word) or words.get(word.lower())
    if kind is None:
        raise _wrong(cells.number, _("“{word}” is no level of the tree."), word=word)
    code, name = cells.code("code"), cells.text("name", 80)
    if not code or not name:
        raise _wrong(cells.number, _("a unit needs a code and a name."))
    level = cell_text(cells.raw("department_level"))
    if level and level not in LEVEL_WORDS:
        sentence = _("“{word}” is no level of a department; use one of {choices}.")
        message = sentence.format(word=level, choices=" / ".join(LEVEL_WORDS))
        cells.report.warn(cells.number, "ORG-04", message)
    return UnitRow(
        number=cells.number,
        kind=kind,
        code=code,
        name=name,
        parent=cells.code("parent"),
        department_name=cells.text("department_name", 50),
        department_level=LEVEL_WORDS.get(level, ""),
        stage=cells.text("stage", 20),
        households=cells.number_of("households"),
        opened_on=cells.date("opened_on"),
    )


def _check_tree(units: dict[str, UnitRow]) -> None:
    """Every parent must be known, in the file or already there, and one level higher."""
    from regions.models import OrgUnit

    there = dict(OrgUnit.objects.values_list("code", "kind"))
    groups = {code for code, kind in there.items() if kind == Kind.GROUP}
    groups |= {row.code for row in units.values() if row.kind == Kind.GROUP}
    if len(groups) != 1:
        raise FileProblem(
            _("There must be exactly one group at the top, found {count}: {codes}.").format(
                count=len(groups), codes=", ".join(sorted(groups)) or "—"
            )
        )
    for row in units.values():
        _check_parent(row, units, there)
        if there.get(row.code, row.kind) != row.kind:
            sentence = _("the unit {code} exists on another level; the level cannot change here.")
            raise _wrong(row.number, sentence, code=row.code)


def _check_parent(row: UnitRow, units: dict[str, UnitRow], there: dict[str, str]) -> None:
    expected = PARENT_KIND[row.kind]
    if expected is None:
        if row.parent:
            raise _wrong(row.number, _("the group has no parent."))
        return
    kind = units[row.parent].kind if row.parent in units else there.get(row.parent)
    if kind is None:
        sentence = _("the parent “{parent}” does not exist.")
        raise _wrong(row.number, sentence, parent=row.parent)
    if kind != expected:
        sentence = _("{name} must hang under a unit of the level {level}.")
        raise _wrong(row.number, sentence, name=row.name, level=str(Kind(expected).label))


def read_people(
    section: Section, units: dict[str, UnitRow], report: Report
) -> dict[str, PersonRow]:
    """The people sheet. Raises FileProblem for people without number, name or known unit."""
    from regions.models import OrgUnit

    section.header.require()
    known = {*units, *OrgUnit.objects.values_list("code", flat=True)}
    people: dict[str, PersonRow] = {}
    for number, values in section.rows():
        report.rows += 1
        row = _person_row(_Cells(section, number, values, report))
        if row.unit not in known:
            sentence = _("{name} belongs to the unit “{unit}”, which does not exist.")
            raise _wrong(number, sentence, name=row.name, unit=row.unit)
        if row.employee_no in people:
            sentence = _("the employee number {no} occurs twice.")
            raise _wrong(number, sentence, no=row.employee_no)
        people[row.employee_no] = row
        report.accepted += 1
    return people


def _person_row(cells: _Cells) -> PersonRow:
    employee_no = cells.code("employee_no")
    try:
        name = clean_name(cells.raw("name"), max_length=60)
    except BadValue as bad:
        raise _wrong(cells.number, bad.message) from bad
    if not employee_no or not name:
        raise _wrong(cells.number, _("a person needs an employee number and a name."))
    hired_on, left_on = cells.date("hired_on"), cells.date("left_on")
    if hired_on and left_on and left_on < hired_on:
        sentence = _("{name} left before being hired; the date of leaving was not taken.")
        cells.report.warn(cells.number, "date", sentence.format(name=name))
        left_on = None
    return PersonRow(
        number=cells.number,
        employee_no=employee_no[:30],
        name=name,
        phone=cells.phone("phone"),
        email=cells.text("email", 254),
        unit=cells.code("unit"),
        functions=_split(cells.text("functions", 500)),
        dedicated=cell_text(cells.raw("dedicated")).lower() in YES,
        reports_to=cells.text("reports_to"),
        role=cells.text("role"),
        position=cells.text("position"),
        hired_on=hired_on,
        left_on=left_on,
    )


def _split(text: str) -> tuple[str, ...]:
    for separator in SEPARATORS[1:]:
        text = text.replace(separator, SEPARATORS[0])
    parts = (part.strip() for part in text.split(SEPARATORS[0]))
    return tuple(dict.fromkeys(part for part in parts if part))


@register
class OrganisationKind(ImportKind):
    """`org`: the tree with its people, posts and roles."""

    name = "org"
    title = gettext_lazy("Organisation and people")
    permission = "accounts.import_organisation"
    sheets = (
        SheetSpec("units", UNIT_FIELDS, ("组织", "组织架构", "机构", "单位"), 0),
        SheetSpec("people", PEOPLE_FIELDS, ("人员任职", "人员", "员工", "任职", "人员名单"), 1),
    )

    def check(self, source: Source, context: ImportContext) -> Report:
        """Write everything and take it back: only so are all rules asked of the result."""
        with transaction.atomic():
            report = self._write(source, context)
            transaction.set_rollback(True)
        return report

    @transaction.atomic
    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._write(source, context)
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="org",
        )
        return report

    def _write(self, source: Source, context: ImportContext) -> Report:
        report = Report()
        organisation = Organisation()
        organisation.units = read_units(source.sections["units"], report)
        organisation.people = read_people(source.sections["people"], organisation.units, report)
        OrganisationWriter(context, report).write(organisation)
        self._warn_of_breaches(organisation, context, report)
        report.warnings.sort(key=lambda problem: (problem.row, problem.code))
        return report

    @staticmethod
    def _warn_of_breaches(
        organisation: Organisation, context: ImportContext, report: Report
    ) -> None:
        for breach in breaches(context.today):
            unit = organisation.units.get(breach.unit.code)
            person = breach.user and organisation.people.get(breach.user.employee_no)
            if unit is not None:
                report.warn(person.number if person else unit.number, breach.rule, breach.message)
