"""The files of a case as its pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from complaints.models import Case, CaseFile, FileRole


@dataclass(frozen=True, slots=True)
class Album:
    """The files of a case in three parts: before the work, after it, and all others."""

    before: list[CaseFile]
    after: list[CaseFile]
    others: list[CaseFile]

    def __bool__(self) -> bool:
        return bool(self.before or self.after or self.others)

    @property
    def side_by_side(self) -> bool:
        return bool(self.before or self.after)

    def in_order(self) -> list[CaseFile]:
        """As somebody leafs through them."""
        return [*self.before, *self.after, *self.others]


def album_of(case: Case) -> Album:
    """All files of a case, in the order in which they came."""
    files = list(_rows(case))
    return Album(
        before=[one for one in files if one.role == FileRole.BEFORE],
        after=[one for one in files if one.role == FileRole.AFTER],
        others=[one for one in files if one.role not in (FileRole.BEFORE, FileRole.AFTER)],
    )


def _rows(case: Case) -> QuerySet[CaseFile]:
    rows: QuerySet[CaseFile] = CaseFile.objects.filter(case=case).select_related("uploaded_by")
    return rows.order_by("pk")


def files_of_entries(entries: Iterable[Any]) -> dict[int, list[CaseFile]]:
    """Key of a line of the log → the files that came with it."""
    found: dict[int, list[CaseFile]] = {}
    keys = [entry.pk for entry in entries]
    for file in CaseFile.objects.filter(entry__in=keys).order_by("pk"):
        found.setdefault(file.entry_id or 0, []).append(file)
    return found


def neighbours(album: Album, file: CaseFile) -> tuple[CaseFile | None, CaseFile | None, int, int]:
    """The files before and after one, its place from 1 on, and how many there are."""
    files = album.in_order()
    place = next(n for n, one in enumerate(files) if one.pk == file.pk)
    earlier = files[place - 1] if place else None
    later = files[place + 1] if place + 1 < len(files) else None
    return earlier, later, place + 1, len(files)
