"""What the columns of an agency's file ask: a rating, an importance, an expectation, words.

No two agencies name them alike: `Q2销售服务`, `重要度_销售服务`, `满意度/销售服务` below a merged
group, `2. How satisfied are you with sales service (1-5)`. A head is taken apart into what is
asked about and what is asked of it; the scale comes from the head or from the answers.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from django.utils.translation import gettext_lazy as _

from core.files.headers import Column, Field, Header
from core.files.reader import Row
from core.values.base import Cell, cell_text
from satisfaction.imports.words import NO_ANSWER, rating_of
from satisfaction.models import ItemRole
from satisfaction.scales import HIGHEST

SCORE, IMPORTANCE, EXPECTATION = "score", "importance", "expectation"
ASPECTS = {SCORE: _("rating"), IMPORTANCE: _("importance"), EXPECTATION: _("expectation")}
NAME_LENGTH = 80
SCALES = (5, 7, 10)
NEARLY_ALL = 0.98
FEW = 30  # so many answers show a scale's upper half
# Answers of so many rows tell a column's scale.
PROFILED = 20_000

_NUMBER = re.compile(
    r"^\s*(?:[QqAa]\s*\d{1,3}(?:[-.]\d{1,2})?[\s.、:)_\-]*|\d{1,3}(?:\.\d{1,2})?[\s.、:)_]+)(?=\D)"
)
_POLITE = re.compile(
    r"^(?:请问)?(?:您|你)?(?:对于?|认为)|(?:是否|如何|怎么样|怎样|吗|的?评价)[??]?$"
)
_SCALE = re.compile(r"(\d{1,2})\s*(?:分)?\s*[-–—~～至到]\s*(\d{1,2})\s*分?")  # noqa: RUF001
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")  # noqa: RUF001
_EDGE = " _-—/\\:：·|,，。.的"  # noqa: RUF001
_WORDS = (
    (IMPORTANCE, re.compile(r"重要(?:程度|性|度)?|importance|important", re.IGNORECASE)),
    (
        EXPECTATION,
        re.compile(r"期望(?:值|度|程度)?|预期(?:值)?|expect(?:ation|ed)?", re.IGNORECASE),
    ),
    (
        SCORE,
        re.compile(
            r"满意(?:程度|度)?|感知(?:值|度)?|实际感受|评分|打分|得分|satisfaction|satisfied|perception",
            re.IGNORECASE,
        ),
    ),
)
_OVERALL = re.compile(r"^(?:总体|整体|综合|总的|overall)", re.IGNORECASE)
_RECOMMEND = re.compile(r"推荐|NPS|recommend", re.IGNORECASE)
_REMARK = re.compile(r"意见|建议|原因|备注|说明|remark|comment|suggest", re.IGNORECASE)
# Numbers of these are facts about the person or the interview, never ratings.
_FACTS = re.compile(
    r"年龄|人口|户型|房号|电话|手机|姓名|性别|年限|序号|编号|次数|套数|学历|职业|收入|配额|"
    r"age$|gender|phone|name$",
    re.IGNORECASE,
)
# So are these, unless the head says that something is rated: 楼道卫生 and 维修时间 may be.
_MAYBE_FACTS = re.compile(r"面积|楼|栋|单元|房间|时长|周|日期|时间|状态")


@dataclass(frozen=True, slots=True)
class Asked:
    """One column of answers. `role` and `name` say which item, `aspect` what of it is asked."""

    role: ItemRole
    name: str
    aspect: str = SCORE
    low: int | None = None
    high: int | None = None

    @property
    def field(self) -> str:
        """The name under which the column stands in the header: `score:销售服务`."""
        if self.role in (ItemRole.OVERALL, ItemRole.RECOMMENDATION):
            return self.role.value
        return f"{'remark' if self.role == ItemRole.REMARK else self.aspect}:{self.name}"


@dataclass(slots=True)
class Profile:
    """What stands in a column: ratings by how often they occur, and other texts."""

    numbers: Counter[float] = field(default_factory=Counter)
    texts: int = 0
    filled: int = 0

    def see(self, value: Cell) -> None:
        text = cell_text(value)
        if text.lower() in NO_ANSWER:
            return
        self.filled += 1
        found = rating_of(text)
        if found is None:
            self.texts += 1
        else:
            self.numbers[found] += 1

    @property
    def is_rating(self) -> bool:
        return bool(self.numbers) and self.texts * 20 <= self.filled

    def scale(self) -> int:
        """The highest point of the shortest scale on which nearly all ratings lie, 0 when there
        is none; a slip of the pen (55 for 5) does not stretch it."""
        most = self.numbers.total() * NEARLY_ALL
        for high in SCALES:
            if sum(n for number, n in self.numbers.items() if number <= high) >= most:
                return high
        return 0


def named(head: str) -> tuple[str, str]:
    """(what is asked about, which aspect) of a head; groups above it count as words of it."""
    text = unicodedata.normalize("NFKC", head)
    text = "/".join(_NUMBER.sub("", part.strip()) for part in text.split("/"))
    text = _BRACKETS.sub("", text)
    aspect = SCORE
    if not _OVERALL.search(text):
        text, aspect = _without_aspect(text)
    # What remains of groups says nothing more: the lowest line names the item.
    parts = [_NUMBER.sub("", part.strip(_EDGE)) for part in text.split("/")]
    name = next((part for part in reversed(parts) if part), "")
    return (_POLITE.sub("", name).strip(_EDGE) or name)[:NAME_LENGTH], aspect


def _without_aspect(text: str) -> tuple[str, str]:
    for found, words in _WORDS:
        if words.search(text):
            return words.sub("", text).strip(_EDGE) or text, found
    return text, SCORE


def scale_of(head: str, profile: Profile, usual: int = 0) -> tuple[int, int]:
    """(lowest, highest) by the head's words, else by the answers; (0, 0) when it is no rating.

    Few answers may leave the upper half of a scale unused: then `usual` holds, the highest point
    of most other columns.
    """
    found = _SCALE.search(unicodedata.normalize("NFKC", head))
    if found:
        low, high = sorted((int(found[1]), int(found[2])))
        if 0 <= low < high <= HIGHEST:
            return low, high
    own = profile.scale()
    return (1, max(own, usual) if profile.filled < FEW else own) if own else (0, 0)


def _is_fact(column: Column, name: str, weighed: Container[str]) -> bool:
    """Whether a column of numbers tells of the person or the interview. A number of a question,
    the word "satisfaction" or a twin that asks how much it matters shows that it does not."""
    if _FACTS.search(name):
        return True
    head = unicodedata.normalize("NFKC", column.head)
    is_asked = (
        name in weighed
        or any(_NUMBER.match(part) for part in head.split("/"))
        or any(words.search(head) for _aspect, words in _WORDS)
    )
    return not is_asked and bool(_MAYBE_FACTS.search(name))


def question(
    column: Column, profile: Profile, usual: int = 0, weighed: Container[str] = ()
) -> Asked | None:
    """What a column asks; None when it is not a question. `weighed` names the items of which
    other columns ask how much they matter."""
    name, aspect = named(column.head)
    head = unicodedata.normalize("NFKC", column.head)
    if column.field == "remark" or (not profile.is_rating and _REMARK.search(head)):
        return Asked(ItemRole.REMARK, name or column.leaf[:NAME_LENGTH])
    if not profile.is_rating:
        return None
    if column.field == "recommendation" or (aspect == SCORE and _RECOMMEND.search(head)):
        found = _SCALE.search(head)
        low, high = scale_of(head, profile) if found else (0, HIGHEST)
        return Asked(ItemRole.RECOMMENDATION, name, SCORE, low, high)
    low, high = scale_of(head, profile, usual)
    if not high or not name:
        return None
    if aspect == SCORE and (column.field == "overall" or _OVERALL.search(name)):
        return Asked(ItemRole.OVERALL, name, SCORE, low, high)
    if _is_fact(column, name, weighed):
        return None
    return Asked(ItemRole.ITEM, name, aspect, low, high)


@dataclass(frozen=True, slots=True)
class Questions:
    """What the columns of a sheet ask, by their index, and the heads of columns that rate on a
    scale that nothing here knows."""

    asked: dict[int, Asked]
    unknown_scale: tuple[str, ...]


def questions(header: Header, rows: Iterable[Row]) -> Questions:
    """Take the columns that hold answers for questions. Of two that ask the same the first
    counts; a column that was merely guessed to be something else (Q4项目规划) may be one too."""
    open_ones = [
        c
        for c in header.columns
        if c.how == "guess" or c.field in ("", "overall", "recommendation", "remark")
    ]
    profiles = {column.index: Profile() for column in open_ones}
    for _number, values in islice(rows, PROFILED):
        for index, profile in profiles.items():
            if index < len(values):
                profile.see(values[index])
    tops = Counter(
        scale_of(column.head, profiles[column.index])[1]
        for column in open_ones
        if profiles[column.index].is_rating and profiles[column.index].filled >= FEW
    )
    usual = tops.most_common(1)[0][0] if tops else 0
    weighed = {name for c in open_ones for name, aspect in [named(c.head)] if aspect == IMPORTANCE}
    found: dict[int, Asked] = {}
    taken: set[str] = set()
    for column in open_ones:
        asked = question(column, profiles[column.index], usual, weighed)
        if asked is not None and asked.field not in taken:
            taken.add(asked.field)
            found[column.index] = asked
    unknown = (
        c.head
        for c in open_ones
        if profiles[c.index].is_rating
        and not scale_of(c.head, profiles[c.index])[1]
        and not _FACTS.search(c.head)
        and any(words.search(c.head) for _aspect, words in _WORDS)
    )
    return Questions(found, tuple(unknown))


def recognised(header: Header, asked: dict[int, Asked]) -> Header:
    """The header with its questions as fields of their own."""
    columns = tuple(
        replace(column, field=asked[column.index].field, how=column.how or "guess")
        if column.index in asked
        else replace(column, field="", how=None)
        if column.field in ("overall", "recommendation", "remark")
        else column
        for column in header.columns
    )
    known = {one.name for one in header.fields}
    more = [label_of(one.field) for one in asked.values() if one.field not in known]
    return replace(header, columns=columns, fields=(*header.fields, *more))


def label_of(name: str) -> Field:
    """The field of a question, as people read it: 销售服务 · rating."""
    aspect, _colon, item = name.partition(":")
    label = ASPECTS.get(aspect)
    return Field(name, f"{item} · {label}" if label else item)


def choices_of(columns: Iterable[Mapping[str, str]]) -> list[Field]:
    """What any column may be taken for: each aspect of each item that the file names."""
    names = dict.fromkeys(
        name
        for column in columns
        if (name := named(column["head"])[0]) and not column_is_fixed(column)
    )
    return [label_of(f"{aspect}:{name}") for name in names for aspect in (*ASPECTS, "remark")]


def column_is_fixed(column: Mapping[str, str]) -> bool:
    """Whether a column was taken for one of the fields that every file may have."""
    return bool(column["field"]) and ":" not in column["field"]


def asked_for(name: str, column: Column, profile: Profile) -> Asked:
    """What a person said that a column asks: `score:销售服务`, `overall`, `remark:意见`."""
    aspect, _colon, item = name.partition(":")
    role = ItemRole(aspect) if aspect in set(ItemRole) else ItemRole.ITEM
    if role == ItemRole.REMARK:
        return Asked(role, item or column.leaf[:NAME_LENGTH])
    low, high = scale_of(column.head, profile)
    if role == ItemRole.RECOMMENDATION:
        low, high = 0, HIGHEST
    shown = item or named(column.head)[0]
    return Asked(role, shown, SCORE if role != ItemRole.ITEM else aspect, low, high or SCALES[0])
