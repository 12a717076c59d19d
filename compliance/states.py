"""Words for states of compliance."""

from django.db import models
from django.utils.translation import pgettext_lazy


class Severity(models.TextChoices):
    """How grave a breach of a rule is."""

    HIGH = "high", pgettext_lazy("severity", "High")
    MEDIUM = "medium", pgettext_lazy("severity", "Medium")
    LOW = "low", pgettext_lazy("severity", "Low")


# What each breach takes away of the 100 points a unit begins with.
WEIGHTS = {Severity.HIGH: 20, Severity.MEDIUM: 10, Severity.LOW: 5}


class FindingState(models.TextChoices):
    """What became of a finding; `closed` only when its breach is gone."""

    OPEN = "open", pgettext_lazy("finding", "Open")
    EXPLAINED = "explained", pgettext_lazy("finding", "Explained")
    EXCEPTED = "excepted", pgettext_lazy("finding", "Excepted")
    CLOSED = "closed", pgettext_lazy("finding", "Mended")


#: Those that somebody has to mend; an exception is borne until it ends.
FINDING_OPEN = (FindingState.OPEN, FindingState.EXPLAINED)
FINDING_LIVE = (FindingState.OPEN, FindingState.EXPLAINED, FindingState.EXCEPTED)


class ChangeKind(models.TextChoices):
    """What an account change asks for."""

    OPEN = "open", pgettext_lazy("account", "Open")
    CHANGE = "change", pgettext_lazy("account", "Change")
    FREEZE = "freeze", pgettext_lazy("account", "Freeze")
    CLOSE = "close", pgettext_lazy("account", "Close")


class ChangeCause(models.TextChoices):
    """The staff event from which the time limit runs."""

    HIRE = "hire", pgettext_lazy("account change", "New colleague")
    TRANSFER = "transfer", pgettext_lazy("account change", "Other unit or post")
    LEAVE = "leave", pgettext_lazy("account change", "Leaves the company")
    ABOUT_TO_LEAVE = "about_to_leave", pgettext_lazy("account change", "Clearly about to leave")
    OTHER = "other", pgettext_lazy("account change", "Other")


class ChangeState(models.TextChoices):
    """Where an account change stands."""

    NOTED = "noted", pgettext_lazy("account change", "To be filed")
    IN_APPROVAL = "in_approval", pgettext_lazy("account change", "In approval")
    APPROVED = "approved", pgettext_lazy("account change", "To be carried out")
    DONE = "done", pgettext_lazy("account change", "Carried out")
    REJECTED = "rejected", pgettext_lazy("account change", "Rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("account change", "Withdrawn")


CHANGE_OPEN = (ChangeState.NOTED, ChangeState.IN_APPROVAL, ChangeState.APPROVED)
