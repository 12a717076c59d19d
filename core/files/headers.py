"""Find the header of a table and what its columns are.

Every branch office exports the same things its own way: under a title, below two or three header
rows with merged groups, in another order, under other names. A *field* lists the names it goes by;
the header is the place where most fields find a column.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from django.utils.translation import gettext_lazy as _

from core.display import listed
from core.files.problems import FileProblem
from core.files.reader import Merged, Row
from core.values.base import Cell, cell_text

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

How = Literal["same name", "synonym", "guess", "chosen"]

#: Most rows that one header has.
_DEEPEST: Final = 3
_WEIGHTS: Final = {"same name": 3, "synonym": 3, "guess": 1, "chosen": 3}
#: Recognised this surely (two columns by name), a row is a header even if most heads are unknown.
_SURE: Final = 6
_SAMPLES: Final = 3

_BRACKETS: Final = re.compile(r"[(\[{<【〔《「][^()\[\]{}<>【】〔〕《》「」]*[)\]}>】〕》」]")
_NOISE: Final = re.compile(r"[\s*:;,.、。·#_'\"“”‘’?!()\[\]{}<>【】〔〕《》「」\-—/\\|]+")
_UNIT: Final = re.compile(
    r"[(\[【/]\s*(?:单位[:：]?)?\s*([百千万亿]*(?:元|㎡|平方米|平米|m2|m²|户|套|人|个|分|天|小时|年|%))\s*[)\]】]?\s*\Z"
)
_FOOTER: Final = re.compile(
    r"\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|汇\s*总|制\s*表|审\s*核|审\s*批|复\s*核|填\s*表|填\s*报|经\s*办|备\s*注\s*[:：]"
    r"|注\s*[:：]|说\s*明\s*[:：]|附\s*注|编\s*制|打\s*印|导\s*出|以\s*上|第\s*\d+\s*页|共\s*\d+)"
)


@dataclasses.dataclass(frozen=True)
class Field:
    """What a column may be.

    ``name`` is the field's name in code, ``label`` what people read, ``synonyms`` the heads it is
    found under, the usual one first. A synonym ``主要联系人/手机`` means the head below that
    group only. ``personal`` says that samples must be masked before they are shown.
    """

    name: str
    label: str | _StrPromise
    synonyms: tuple[str, ...] = ()
    required: bool = False
    personal: bool = False


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of the file: its head, and the field it was taken for."""

    index: int
    #: The head as it stands in the file, its groups in front: ``主要联系人/手机``.
    head: str
    #: The lowest line of the head alone.
    leaf: str
    #: The unit that the head names (``万元``, ``㎡``), for amounts and areas.
    unit: str = ""
    field: str = ""
    how: How | None = None
    samples: tuple[Cell, ...] = ()


@dataclasses.dataclass(frozen=True)
class Header:
    """Where the header is and what was recognised; rows by their number in the sheet."""

    #: The rows of the header, titles above them not included.
    rows: tuple[int, ...]
    #: The lowest row of the header; data begins below it.
    header_row: int
    #: The first row of data, 0 when there is none.
    data_row: int
    columns: tuple[Column, ...]
    fields: tuple[Field, ...]

    @property
    def mapping(self) -> dict[int, str]:
        """Return column index → field name, recognised columns only."""
        return {column.index: column.field for column in self.columns if column.field}

    @property
    def positions(self) -> dict[str, int]:
        """Return field name → column index, recognised columns only."""
        return {column.field: column.index for column in self.columns if column.field}

    @property
    def units(self) -> dict[str, str]:
        """Return field name → unit of its column (``万元``), where the head names one."""
        return {
            column.field: column.unit for column in self.columns if column.field and column.unit
        }

    @property
    def missing(self) -> tuple[Field, ...]:
        """Return the required fields without a column."""
        found = self.positions
        return tuple(f for f in self.fields if f.required and f.name not in found)

    @property
    def unmatched(self) -> tuple[Column, ...]:
        """Return the columns that will not be imported."""
        return tuple(column for column in self.columns if not column.field)

    def require(self) -> None:
        """Raise :class:`FileProblem` naming the required fields that have no column."""
        if self.missing:
            raise FileProblem(
                _("The file has no column for: %(fields)s. Its columns are: %(heads)s.")
                % {
                    "fields": listed(_usual_head(field) for field in self.missing),
                    "heads": listed(column.head for column in self.columns),
                }
            )


def find_header(
    rows: Sequence[Row],
    fields: Sequence[Field],
    *,
    merged: Sequence[Merged] = (),
    max_scan: int = 15,
) -> Header:
    """Find the header within the first ``max_scan`` rows and recognise its columns.

    ``rows`` is the beginning of a table (``table.head()``). A header has one to three rows; cells
    merged across are groups of the heads below, cells merged downwards one head. Raises
    :class:`FileProblem` when no row looks like a header; missing required fields do not, see
    :meth:`Header.require`.
    """
    vocabulary = _Vocabulary(fields)
    best: tuple[tuple[float, ...], int, int, list[Column]] | None = None
    for bottom in range(min(max_scan, len(rows))):
        for depth in range(1, min(_DEEPEST, bottom + 1) + 1):
            block = rows[bottom - depth + 1 : bottom + 1]
            if depth > 1 and not _is_group_row(block[0]):
                break
            columns = vocabulary.recognise(_heads(block, merged))
            score = _score(columns, block, merged)
            if score[0] > 0 and (best is None or score > best[0]):
                best = score, bottom, depth, columns
    if best is None:
        raise FileProblem(
            _("No header row was found. It must name columns such as: %(heads)s.")
            % {"heads": listed(_usual_head(field) for field in fields[:8])}
        )
    _best_score, bottom, depth, columns = best
    below = rows[bottom + 1 :]
    columns = _told_apart(columns)
    return Header(
        rows=tuple(number for number, _values in rows[bottom - depth + 1 : bottom + 1]),
        header_row=rows[bottom][0],
        data_row=below[0][0] if below else 0,
        columns=tuple(_with_samples(column, below) for column in columns),
        fields=tuple(fields),
    )


def apply_overrides(header: Header, overrides: Mapping[str, str]) -> Header:
    """Return the header with corrected columns: ``{"接房时间": "handed_over_on", "备注": ""}``.

    A head may be written with its groups (``主要联系人/手机``), and must be where it occurs twice.
    The empty field means that the column is not imported. A column that held the field loses it.
    Raises :class:`FileProblem` for an unknown head or field, naming the choices.
    """
    columns = list(header.columns)
    names = {field.name for field in header.fields}
    for head, name in overrides.items():
        if name and name not in names:
            raise FileProblem(
                _("There is no field “%(field)s”. The fields are: %(choices)s.")
                % {"field": name, "choices": listed(field.name for field in header.fields)}
            )
        place = _place_of(columns, head)
        columns = [
            dataclasses.replace(column, field="", how=None)
            if name and column.field == name
            else column
            for column in columns
        ]
        columns[place] = dataclasses.replace(
            columns[place], field=name, how="chosen" if name else None
        )
    return dataclasses.replace(header, columns=tuple(columns))


def data_rows(rows: Iterable[Row], header: Header) -> Iterator[Row]:
    """Yield the rows of data: those below the header without closing lines and repeated headers.

    Closing lines (合计, 制表人, 审核, 备注： …) are only left out where nothing but such lines
    follows. A header that a printed report repeats on each page is left out too.
    """
    held: list[Row] = []
    heads = [(column.index, column.leaf) for column in header.columns if column.leaf]
    for row in rows:
        number, values = row
        if number <= header.header_row or _repeats(values, heads):
            continue
        if _is_footer(values):
            held.append(row)
            continue
        if held:
            yield from held
            held = []
        yield row


def normalised(head: str) -> str:
    """Return a head as it is compared: half-width, lower case, without blanks and marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", head)).lower()


class _Vocabulary:
    """The heads by which the fields are known, ready for comparison."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.same: dict[str, str] = {}
        self.synonyms: dict[str, str] = {}
        for field in fields:
            for key in (field.name, str(field.label), *field.synonyms[:1]):
                self.same.setdefault(normalised(key), field.name)
        for field in fields:
            for synonym in field.synonyms:
                self.synonyms.setdefault(normalised(synonym), field.name)
        # Longest first, so that 客户手机号码 is compared with 手机号码 before 手机.
        self.longest = sorted(
            (key for key in {**self.same, **self.synonyms} if len(key) > 1), key=len, reverse=True
        )

    def recognise(self, heads: list[Column]) -> list[Column]:
        """Give each column at most one field and each field at most one column, surest first."""
        given: dict[int, tuple[str, How]] = {}
        taken: set[str] = set()
        keys = {column.index: _keys(column) for column in heads if column.leaf}
        # Whole paths first: 主要联系人/手机 is surer than 手机. Then leaves as they are, then
        # leaves without what stands in brackets.
        for level in range(3):
            for how, names in (("same name", self.same), ("synonym", self.synonyms)):
                for index, levels in keys.items():
                    name = names.get(levels[level])
                    if name and index not in given and name not in taken:
                        given[index] = name, how  # type: ignore[assignment]
                        taken.add(name)
        self._guess(keys, given, taken)
        return [
            dataclasses.replace(column, field=given[column.index][0], how=given[column.index][1])
            if column.index in given
            else column
            for column in heads
        ]

    def _guess(
        self,
        keys: dict[int, tuple[str, str, str]],
        given: dict[int, tuple[str, How]],
        taken: set[str],
    ) -> None:
        """Take a head for a field whose name it contains; best at its end, where the noun is."""
        everything = {**self.synonyms, **self.same}
        for at_end in (True, False):
            for key in self.longest:
                name = everything[key]
                for index, (_path, full, leaf) in keys.items():
                    if index in given or name in taken or len(full) > len(key) + 8:
                        continue
                    if leaf.endswith(key) if at_end else key in full:
                        given[index] = name, "guess"
                        taken.add(name)


def _keys(column: Column) -> tuple[str, str, str]:
    """Return what a head is compared by: whole path, lowest line, the same without brackets."""
    bare = _BRACKETS.sub("", unicodedata.normalize("NFKC", column.leaf))
    return (
        normalised(column.head),
        normalised(column.leaf),
        normalised(bare) or normalised(column.leaf),
    )


def _heads(block: Sequence[Row], merged: Sequence[Merged]) -> list[Column]:
    """Return the columns that a block of rows would make as a header, not yet recognised."""
    width = max(len(values) for _number, values in block)
    lines = [_head_line(row, merged, is_lowest=row is block[-1]) for row in block]
    columns = []
    for index in range(width):
        chain: list[str] = []
        for line in lines:
            text = line[index] if index < len(line) else ""
            if text and (not chain or chain[-1] != text):
                chain.append(text)
        # A group that stands above no head of its own is a title that reaches too far.
        leaf = (
            chain[-1]
            if chain and (lines[-1][index : index + 1] != [""] or _hangs(block, index, merged))
            else ""
        )
        if leaf:
            columns.append(Column(index, "/".join(chain), leaf, _unit(leaf)))
    return columns


def _head_line(row: Row, merged: Sequence[Merged], *, is_lowest: bool) -> list[str]:
    """Return the texts of one header row, groups repeated over the columns they span."""
    number, values = row
    texts = [_line(value) for value in values]
    spans = [m for m in merged if m.first_row <= number <= m.last_row]
    for span in spans:
        if span.first_row == number and span.first_column < len(texts):
            end = min(span.last_column + 1, len(texts))
            texts[span.first_column : end] = [texts[span.first_column]] * (end - span.first_column)
    if not spans and not is_lowest:
        # Text files know no merged cells: a group reaches to the next one.
        for index in range(1, len(texts)):
            texts[index] = texts[index] or texts[index - 1]
    return texts


def _hangs(block: Sequence[Row], index: int, merged: Sequence[Merged]) -> bool:
    """Tell whether a head above an empty cell of the lowest row reaches down to it.

    In workbooks only cells merged downwards do; in text files every head does.
    """
    lowest = block[-1][0]
    if not merged:
        return any(index < len(values) and _line(values[index]) for _number, values in block[:-1])
    return any(
        m.first_column <= index <= m.last_column and m.first_row < lowest <= m.last_row
        for m in merged
    )


def _is_group_row(row: Row) -> bool:
    """Tell whether a row may belong to a header: two texts at least, and nothing but texts."""
    filled = [value for value in row[1] if value is not None]
    return len(filled) > 1 and all(isinstance(value, str) for value in filled)


def _score(
    columns: list[Column], block: Sequence[Row], merged: Sequence[Merged]
) -> tuple[float, ...]:
    """Rate a block as the header: recognised columns, then nearness to what headers look like."""
    lowest_number, lowest = block[-1]
    own = [c for c in columns if c.how and _line(lowest[c.index]) == c.leaf]
    spanned = any(m.first_row < lowest_number <= m.last_row for m in merged)
    if not own and not spanned:
        return (0,)
    recognised = sum(_WEIGHTS[column.how] for column in columns if column.how)
    texts = sum(isinstance(value, str) for value in lowest)
    others = sum(value is not None for value in lowest) - texts
    if others > texts or len(own) * 4 < texts and recognised < _SURE:
        # Numbers stand in data; one remark that contains a head is no header either.
        return (0,)
    grouped = any(
        m.first_row == number and m.last_column > m.first_column
        for number, _values in block[:-1]
        for m in merged
    )
    # Groups are worth having where they tell columns of one name apart.
    repeated = len(columns) - len({column.head for column in columns})
    return recognised, -repeated, float(grouped), -len(block), -lowest_number


def _with_samples(column: Column, below: Sequence[Row]) -> Column:
    values = (row[column.index] for _number, row in below if column.index < len(row))
    filled = [value for value in values if value is not None]
    return dataclasses.replace(column, samples=tuple(filled[:_SAMPLES]))


def _told_apart(columns: list[Column]) -> list[Column]:
    """Number the heads that occur more than once: ``电话``, ``电话 (2)``."""
    seen: Counter[str] = Counter()
    apart = []
    for column in columns:
        seen[column.head] += 1
        number = seen[column.head]
        head = f"{column.head} ({number})" if number > 1 else column.head
        apart.append(dataclasses.replace(column, head=head))
    return apart


def _place_of(columns: list[Column], head: str) -> int:
    """Return the place of the column with a head, by its whole path or its lowest line."""
    wanted = normalised(head)
    for key in ("head", "leaf"):
        exact = [i for i, c in enumerate(columns) if key == "head" and c.head == head.strip()]
        alike = [i for i, c in enumerate(columns) if normalised(getattr(c, key)) == wanted]
        places = exact or alike
        if len(places) == 1:
            return places[0]
        if places:
            raise FileProblem(
                _("More than one column is called “%(head)s”. Write one of: %(choices)s.")
                % {"head": head, "choices": listed(columns[i].head for i in places)}
            )
    raise FileProblem(
        _("The file has no column “%(head)s”. Its columns are: %(choices)s.")
        % {"head": head, "choices": listed(column.head for column in columns)}
    )


def _repeats(values: Sequence[Cell], heads: list[tuple[int, str]]) -> bool:
    """Tell whether a row repeats the header to the letter."""
    return len(heads) > 1 and all(
        index < len(values) and _line(values[index]) == leaf for index, leaf in heads
    )


def _is_footer(values: Sequence[Cell]) -> bool:
    """Tell whether a row is a closing line: its first text says so, and no data stands beside."""
    filled = [value for value in values if value is not None]
    first = filled[0] if filled else None
    if not isinstance(first, str) or not _FOOTER.match(first):
        return False
    others = filled[1:]
    return len(others) <= 1 or all(
        isinstance(v, int | float | dt.date)
        or _FOOTER.match(cell_text(v))
        or _is_figure(cell_text(v))
        for v in others
    )


def _is_figure(text: str) -> bool:
    return bool(re.fullmatch(r"[-+¥]?[\d,.]+%?", text))


def _line(value: Cell) -> str:
    """Return a head on one line."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else cell_text(value)
    return " ".join(text.split())


def _unit(head: str) -> str:
    found = _UNIT.search(unicodedata.normalize("NFKC", head).replace("m2", "㎡"))
    return found.group(1) if found else ""


def _usual_head(field: Field) -> str:
    return field.synonyms[0] if field.synonyms else str(field.label)
