"""How units are to be staffed and accounts kept (ORG-05…ORG-14, ORG-20, ACC-05)."""

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Choices, Text, Whole

HD_3_3 = _("Group rules on customer-relationship departments, 3.3")
HD_3_4 = _("Group rules on customer-relationship departments, 3.4")
HD_3_5 = _("Group rules on customer-relationship departments, 3.5")

register(
    Policy(
        key="compliance.city_head_reports_to",
        title=_("To whom the head in a city reports"),
        meaning=_(
            "One of these posts stands above the head of a city's department; separate them by"
            " commas. Empty: not checked."
        ),
        source=HD_3_3,
        type=Text(200),
        default="城市总经理、城市总、片区总经理、片区总",
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.project_lead_reports_to",
        title=_("To whom the lead of a project reports"),
        meaning=_(
            "One of these posts stands above the customer relationship lead of a project; separate"
            " them by commas. Empty: not checked."
        ),
        source=HD_3_4,
        type=Text(200),
        default="项目总经理、项目总、片区总经理、片区总",
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.city_set_up_stages",
        title=_("Stages in which a city is set up"),
        meaning=_(
            "As long as a city is in one of these stages its department may still be staffed;"
            " in any other stage its head must be in post."
        ),
        source=HD_3_5,
        type=Text(200),
        default="筹备期、组建期",
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.project_set_up_stages",
        title=_("Stages in which a project is started"),
        meaning=_(
            "As long as a project is in one of these stages its lead may still be found; in any"
            " other stage he must be in post."
        ),
        source=HD_3_5,
        type=Text(200),
        default="筹备期、启动期",
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.dormant_administrator_days",
        title=_("Administrators who stay away"),
        meaning=_("An administrator who has not logged in for so many days is reported."),
        source="GB/T 22239-2019 8.1.4.2 c",
        type=Whole(14, 365, unit=_("days")),
        default=90,
        group="accounts",
        below=Below.NOBODY,
    )
)

REGISTERS = (
    ("functions", _("function plans")),
    ("headcount", _("headcount plans")),
    ("implementation", _("implementation rules and their supervision")),
)
register(
    Policy(
        key="compliance.registers_kept",
        title=_("Registers kept here"),
        meaning=_(
            "What is kept here must be complete: a unit without the record is reported. What is"
            " kept elsewhere is not asked for."
        ),
        source=_("Group rules on customer-relationship departments, 4.4 and part 5"),
        type=Choices(REGISTERS),
        default=(),
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.duty_table",
        title=_("Who does what at each tier"),
        meaning=_("Who collects, surveys, settles and supervises, from the group to the projects."),
        source=_("Construction group rules, part 2 (1–3)"),
        type=Choice(
            (
                ("three_tiers", _("Three tiers: group, branch, project department")),
                ("two_departments", _("Operations department and engineering department")),
            )
        ),
        default="three_tiers",
        group="compliance",
        variants=(
            (_("Construction group rules, part 2 (1–3)"), "three_tiers"),
            (_("Customer-relationship measuring rules, Arts 1–3"), "two_departments"),
        ),
    )
)
