"""Finding the person a row names by his employee number."""

from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from core.files.headers import Field
from core.imports.kinds import ImportContext
from core.values.base import BadValue, Cell, cell_text, is_nothing

EMPLOYEE_NO = Field(
    "employee_no",
    _("Employee number"),
    (
        *("工号", "员工编号", "员工号", "人员编号", "员工工号", "用户工号", "人员工号", "职工号"),
        *("登录账号", "用户账号", "账号", "登录名", "用户名", "编号"),
    ),
    required=True,
)
REASONS: dict[str, Any] = {
    "employee_missing": _("Employee number missing"),
    "unknown_person": _("Person unknown"),
}
MESSAGES: dict[str, Any] = {
    "employee_missing": _("The employee number is missing."),
    "unknown_person": _(
        "There is no person with the employee number {word} in your scope. Please check it."
    ),
}


class PeopleByNumber:
    """The people an importer reaches, those who left too: files tell of former times.

    Somebody outside his reach is unknown to him: saying more would tell that there is one.
    """

    def __init__(self, context: ImportContext, permission: str) -> None:
        people = get_user_model().objects.all()
        if context.actor is not None:
            people = people.visible_to(context.actor, permission)
        self.people = {
            number.upper(): (key, unit)
            for key, number, unit in people.values_list("pk", "employee_no", "unit_id")
        }

    def find(self, value: Cell) -> tuple[int, int | None]:
        """Key and unit of the person. Raises BadValue."""
        word = cell_text(value).upper()
        if is_nothing(word):
            raise BadValue("employee_missing", MESSAGES["employee_missing"])
        found = self.people.get(word)
        if found is None:
            message = str(MESSAGES["unknown_person"]).format(word=word[:30])
            raise BadValue("unknown_person", message)
        return found
