"""What other systems are told about cases: which one and how it stands, never whose."""

from complaints.models import Case
from core.notices import Happening


def happening(kind: str, case: Case, key: str, /, **facts: str) -> Happening:
    """An event of a case; `key` names it among the events of the case."""
    return Happening(
        kind,
        f"{case.pk}:{key}",
        case.pk,
        [case.unit],
        case.get_absolute_url(),
        f"cases/{case.pk}/",
        {"number": case.number, "state": case.state} | facts,
    )
