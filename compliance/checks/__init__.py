"""Rules of the organisation as small registered checks (ORG-02…ORG-14, ACC-05, ACC-07).

    @check("ORG-03", sentence=…, source=…, severity=Severity.HIGH, kinds=(Kind.REGION, Kind.CITY))
    def department_missing(world): yield Breach(unit, {"unit": unit.name})

A check is pure: it looks at a `World`, which reads everything once and set-based, and gives
breaches. What becomes of them (findings that open and close) is `compliance.services.findings`.
"""

from compliance.checks import access, departments, people, plans, records, strategic
from compliance.checks.registry import (
    CHECKS,
    Breach,
    Check,
    Found,
    check,
    find,
    run,
    sentence,
)
from compliance.checks.report import CheckReport, report_of, words
from compliance.checks.scores import scores
from compliance.checks.world import World

__all__ = [
    "CHECKS",
    "Breach",
    "Check",
    "CheckReport",
    "Found",
    "World",
    "access",
    "check",
    "departments",
    "find",
    "people",
    "plans",
    "records",
    "report_of",
    "run",
    "scores",
    "sentence",
    "strategic",
    "words",
]
