"""Rules of the organisation, each said once and named by its requirement id."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def allowed_department_names() -> Mapping[str, list[str]]:
    """Department names by level; a level that allows any name is absent."""
    from regions.models import UnitLevel

    return {
        level.kind: level.department_names
        for level in UnitLevel.objects.all()
        if level.department_names
    }


def check_department_name(
    kind: str, name: str, allowed: Mapping[str, list[str]] | None = None
) -> Promise | str | None:
    """The sentence that refuses a department name on a level, or None (ORG-02).

    `allowed` saves the look-up for callers that check many units.
    """
    names = (allowed if allowed is not None else allowed_department_names()).get(kind)
    if not name or not names or name in names:
        return None
    sentence = _("On this level the department may only be called {names}.")
    return sentence.format(names=" / ".join(names))
