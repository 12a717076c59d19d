"""What happens to the strategic file when two customers become one."""

from compliance.models import Charge, CustomerPlan, Decision, MonthlySummary, Nomination
from customers.merging import earliest, fill, leave, settles

# Of two plans of a year and two summaries of a month the survivor's stays; the other is kept
# with the merge.
settles(CustomerPlan, MonthlySummary)(leave)


def _accepted(mine: Nomination, theirs: Nomination) -> bool:
    return theirs.decision == Decision.ACCEPTED and mine.decision != Decision.ACCEPTED


settles(Nomination, prefer=_accepted)(leave)


@settles(Charge)
def one_charge(stays: Charge, goes: Charge) -> None:
    """Contacts are owed since the earlier day."""
    fill(stays, goes, "unit_id")
    for name in ("specialist_since", "leader_since", "listed_on"):
        setattr(stays, name, earliest(getattr(stays, name), getattr(goes, name)))
