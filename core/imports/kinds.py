"""Kinds of files and what all kinds share. Apps register theirs in their `imports` package."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.display import listed
from core.files.headers import Field, Header, apply_overrides, data_rows, find_header
from core.files.problems import FileProblem
from core.files.reader import Row, Table, open_table
from core.imports.report import Report
from core.models import ImportRun
from core.scope import EVERYTHING, Scope, scope_of


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """A sheet that a kind reads: by one of its names, else by its place in the workbook."""

    name: str
    fields: tuple[Field, ...]
    sheet_names: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class Option:
    """Something a kind asks for beside the file: `--name` at the command line, a field on the
    page. What was given stands in `ImportContext.options`, empty when nothing was."""

    name: str
    label: str | Promise
    help: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A sheet that was opened: its table and the header that was found."""

    spec: SheetSpec
    table: Table
    header: Header

    def rows(self) -> Iterator[Row]:
        """The rows of data, numbered as in the sheet."""
        return data_rows(self.table.rows(), self.header)


class Source:
    """An opened file with its sections; use it in `with`, it holds temporary files."""

    def __init__(self, sections: list[Section], stack: ExitStack) -> None:
        self.sections = {section.spec.name: section for section in sections}
        self._stack = stack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()


def _nothing(done: int, total: int, phase: str = "") -> None:
    """Progress of a run nobody watches."""


@dataclass(slots=True)
class ImportContext:
    """Who imports and how.

    `actor` is None for the operator at the command line, who reaches the whole group. `mode` says
    what happens to known records: `fill` empty fields, `update` all given ones, or `skip`.
    `checkpoint(row, report)` is called inside the transaction of each written chunk.
    """

    actor: Any = None
    keeper: Any = None
    mode: str = "fill"
    options: Mapping[str, str] = field(default_factory=dict)
    run: ImportRun | None = None
    today: dt.date = field(default_factory=timezone.localdate)
    progress: Callable[..., None] = _nothing
    checkpoint: Callable[[int, Report], None] = lambda row, report: None
    applied_through: int = 0
    counts: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def chunk(self, row: int, report: Report) -> Iterator[None]:
        """Write rows up to `row` and their checkpoint in one transaction; after an error the
        report counts what it counted before."""
        before = (report.created.copy(), report.updated.copy())
        try:
            with transaction.atomic():
                yield
                self.checkpoint(row, report)
        except BaseException:
            report.created, report.updated = before
            raise

    def scope(self, permission: str) -> Scope:
        return EVERYTHING if self.actor is None else scope_of(self.actor, permission)


class ImportKind(ABC):
    """One kind of file. Subclasses declare columns and permission, check rows and write them."""

    name: ClassVar[str]
    title: ClassVar[str | Promise]
    permission: ClassVar[str]
    sheets: ClassVar[tuple[SheetSpec, ...]]
    takes_keeper: ClassVar[bool] = False
    takes_mode: ClassVar[bool] = False  # whether one says what happens to known records
    options: ClassVar[tuple[Option, ...]] = ()
    keeper_choices: ClassVar[str] = "people-choices"  # address that offers `keepers` by typing
    reasons: ClassVar[Mapping[str, str | Promise]] = {}  # short words for codes of rejection
    position: ClassVar[int] = 100  # in lists of kinds, the most used first
    can_undo: ClassVar[bool] = False  # whether `undo` takes a written file back
    list_address: ClassVar[str] = ""  # the list that shows what a run brought, by import_run

    def keepers(self, user: Any) -> Any:
        """The people whom `user` may name as keeper; None is the operator at the command line."""
        people = get_user_model().objects.active()  # type: ignore[attr-defined]
        return people if user is None else people.visible_to(user, self.permission)

    def fields_of(self, spec: SheetSpec, columns: Iterable[Mapping[str, Any]]) -> list[Field]:
        """What a column of a recognised file may be taken for; kinds whose columns differ from
        file to file add what this one could hold."""
        return list(spec.fields)

    def open(
        self,
        path: Path | str,
        filename: str,
        overrides: Mapping[str, str] | None = None,
    ) -> Source:
        """Open the file and recognise its columns. Raises FileProblem with one sentence.

        `overrides` corrects columns: head → field name, empty for "not imported".
        """
        stack = ExitStack()
        try:
            sections = [
                self._section(stack, path, filename, spec, overrides or {}) for spec in self.sheets
            ]
            _all_overrides_used(sections, overrides or {})
        except BaseException:
            stack.close()
            raise
        return Source(sections, stack)

    def _section(
        self,
        stack: ExitStack,
        path: Path | str,
        filename: str,
        spec: SheetSpec,
        overrides: Mapping[str, str],
    ) -> Section:
        table = stack.enter_context(_open_sheet(path, filename, spec))
        header = find_header(table.head(), spec.fields, merged=table.merged)
        heads = {column.head for column in header.columns} | {c.leaf for c in header.columns}
        mine = {head: name for head, name in overrides.items() if head in heads}
        return Section(spec, table, apply_overrides(header, mine))

    def undo(self, run: ImportRun) -> tuple[int, int]:
        """Delete what a run brought and nobody has touched since: (deleted, kept)."""
        raise NotImplementedError

    @abstractmethod
    def check(self, source: Source, context: ImportContext) -> Report:
        """Check every row and write nothing."""

    @abstractmethod
    def apply(self, source: Source, context: ImportContext) -> Report:
        """Check and write. Running it twice has the effect of running it once."""


def _open_sheet(path: Path | str, filename: str, spec: SheetSpec) -> Table:
    """The sheet of a spec: by name where the workbook has it, else by position."""
    table = open_table(path, filename, sheet=spec.position if spec.position else None)
    if table.sheet in spec.sheet_names or not spec.sheet_names:
        return table
    wanted = next((name for name in table.sheet_names if name in spec.sheet_names), None)
    if wanted is None:
        return table
    table.close()
    return open_table(path, filename, sheet=wanted)


def _all_overrides_used(sections: list[Section], overrides: Mapping[str, str]) -> None:
    heads = {
        text for section in sections for c in section.header.columns for text in (c.head, c.leaf)
    }
    unknown = [head for head in overrides if head not in heads]
    if unknown:
        sentence = _("The file has no column “{head}”. Its columns are: {heads}.")
        columns = [c.head for section in sections for c in section.header.columns]
        raise FileProblem(sentence.format(head=unknown[0], heads=listed(columns)))


KINDS: dict[str, ImportKind] = {}


def register(kind: type[ImportKind]) -> type[ImportKind]:
    """Make a kind known to the page and the command line."""
    KINDS[kind.name] = kind()
    return kind


def kind_named(name: str) -> ImportKind:
    """The registered kind. Raises FileProblem naming the choices."""
    if name not in KINDS:
        sentence = _("There is no kind of file “{name}”. The kinds are: {choices}.")
        raise FileProblem(sentence.format(name=name, choices=listed(sorted(KINDS))))
    return KINDS[name]
