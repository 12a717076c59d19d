"""Finding the unit a row means: by its code, else by its name."""

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext_lazy

from core.scope import Scope
from core.values.base import BadValue, Cell, cell_text, is_nothing
from regions.models import OrgUnit, UnitAlias

MESSAGES: dict[str, Any] = {
    "unit_missing": gettext_lazy("The unit is missing. Please fill in its code."),
    "unknown_unit": gettext_lazy(
        "The unit “{word}” is unknown or not in your scope. Please check it."
    ),
    "unit_ambiguous": gettext_lazy(
        "Several units are named “{word}”. Please fill in the code of the unit."
    ),
}


def spelled(value: Cell) -> str:
    """A code or name as it is compared: without blanks, capitals alike."""
    return "".join(cell_text(value).split()).upper()


class UnitDirectory:
    """Units of every level within a scope, also closed ones: a ledger tells of former times.

    A unit outside the importer's reach is unknown to him: saying more would tell that it is.
    """

    def __init__(self, scope: Scope) -> None:
        self.units = {unit.pk: unit for unit in OrgUnit.objects.visible_to(scope)}
        self.codes = {spelled(unit.code): unit for unit in self.units.values()}
        for alias in UnitAlias.objects.filter(unit__in=self.units):
            self.codes.setdefault(spelled(alias.code), self.units[alias.unit_id])
        self.names: dict[str, list[OrgUnit]] = defaultdict(list)
        for unit in self.units.values():
            self.names[spelled(unit.name)].append(unit)

    def find(self, code: Cell, name: Cell) -> OrgUnit:
        """The unit with this code; without one the unit with this name. Raises BadValue."""
        word = spelled(code)
        if not is_nothing(word):
            # Some offices have names in the column of the codes.
            return self._one(word, [self.codes[word]] if word in self.codes else self.names[word])
        word = spelled(name)
        if is_nothing(word):
            raise BadValue("unit_missing", MESSAGES["unit_missing"])
        found = self.names.get(word, [])
        return self._one(word, found or ([self.codes[word]] if word in self.codes else []))

    def _one(self, word: str, found: list[OrgUnit]) -> OrgUnit:
        if len(found) == 1:
            return found[0]
        code = "unit_ambiguous" if found else "unknown_unit"
        raise BadValue(code, str(MESSAGES[code]).format(word=word[:60]))
