"""Categories and levels in the words of a file; unknown ones are kept, but never offered."""

from collections.abc import Iterable
from typing import Any

from complaints.models import Category, Level
from core.imports.report import Report


class Classes:
    """Keys of categories and levels by their words. Read once, filled as files bring new words."""

    def __init__(self) -> None:
        self.categories: dict[tuple[str, str], int] = {}
        self.tops: dict[str, int] = {}
        self.levels = dict(Level.objects.values_list("name", "pk"))
        rows = Category.objects.values_list("pk", "name", "parent_id", "parent__name").order_by(
            "pk"
        )
        for key, name, parent, above in rows:
            if parent is None:
                self.tops[name] = key
            else:
                self.categories.setdefault((above, name), key)

    def add(self, drafts: Iterable[Any], report: Report) -> None:
        """Create what the drafts name and nobody knows yet.

        The words are taken within the chunk's transaction; when it fails, the import ends.
        """
        for row in (draft.row for draft in drafts):
            top, category = row.top_category, row.category
            if top and top not in self.tops:
                self.tops[top] = _category(report, None, top)
            if category and (top, category) not in self.categories:
                self.categories[top, category] = _category(report, self.tops[top], category)
            if row.level and row.level not in self.levels:
                made, new = Level.objects.get_or_create(
                    name=row.level, defaults={"is_offered": False}
                )
                self.levels[row.level] = made.pk
                report.created["levels"] += new

    def category(self, row: Any) -> tuple[int | None, int | None]:
        """(first level, the category itself) of a row."""
        if not row.top_category:
            return None, None
        top = self.tops[row.top_category]
        return top, self.categories[row.top_category, row.category] if row.category else top

    def level(self, row: Any) -> int | None:
        return self.levels[row.level] if row.level else None


def _category(report: Report, parent: int | None, name: str) -> int:
    made, new = Category.objects.get_or_create(
        parent_id=parent, name=name, defaults={"is_offered": False, "position": 1000}
    )
    report.created["categories"] += new
    return made.pk
