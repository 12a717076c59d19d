"""Doorbells of compliance."""

from datetime import timedelta

from compliance.services import (
    account_changes,
    contact_figures,
    findings,
    reminders,
    rounds,
    rules,
    strategic,
)
from compliance.services.nightly import judge_yesterday
from core.jobs import Running
from core.periodic import periodic

ACCESS = {
    "compliance.check_organisation": "system",
    "compliance.count_contacts": "system",
    "compliance.escalate_account_changes": "system",
    "compliance.judge_log_ins": "system",
    "compliance.remind_late": "system",
    "compliance.remind_rule_reviews": "system",
    "compliance.remind_specialists": "system",
    "compliance.run_rounds": "system",
    "compliance.urge_resources": "system",
}


@periodic("compliance.run_rounds")
def run_rounds(running: Running) -> None:
    """Open and close the yearly round by its days."""
    rounds.run_rounds()


@periodic("compliance.urge_resources")
def urge_resources(running: Running) -> None:
    """Urge departments for what is past its day."""
    strategic.urge_late_resources()


@periodic("compliance.remind_specialists")
def remind_specialists(running: Running) -> None:
    """Tell specialists what the month still lacks."""
    strategic.remind_specialists()


@periodic("compliance.count_contacts")
def count_contacts(running: Running) -> None:
    """Keep how many contacts are overdue in each unit this month."""
    contact_figures.count_contacts()


@periodic("compliance.check_organisation")
def check_organisation(running: Running) -> None:
    """Open and close findings by what the organisation is like today, and tell of new ones."""
    findings.run_checks()
    reminders.tell_new_findings()
    findings.end_useless_requests()


@periodic("compliance.escalate_account_changes")
def escalate_account_changes(running: Running) -> None:
    """Tell who answers for accounts of what is late."""
    account_changes.escalate()


@periodic("compliance.remind_late")
def remind_late(running: Running) -> None:
    """Tell of findings, points of inspections and appeals that are late."""
    reminders.remind_late()


@periodic("compliance.remind_rule_reviews")
def remind_rule_reviews(running: Running) -> None:
    """Tell keepers of rules of yearly reviews that come near."""
    rules.remind()


@periodic("compliance.judge_log_ins", limit=timedelta(hours=1))
def judge_log_ins(running: Running) -> str:
    """Store yesterday's log-in duty, find lapses and draft notices."""
    return judge_yesterday()
