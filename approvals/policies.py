"""Who decides: the routes of approvals that differ from group to group."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Choices, Column, Money, Rows, Text, Whole, rows

register(
    Policy(
        key="approvals.new_account",
        title=_("Approval of a new account"),
        meaning=_("The route an application for a new account takes before it is opened."),
        source=_("Group CRM-system rules, Art 3(3); bank CRM rules, Art 10"),
        type=Choice(
            (
                (
                    "section",
                    _("section administrator, then leaders, then the marketing department"),
                ),
                (
                    "application",
                    _("written application, then the department in charge, then an administrator"),
                ),
            )
        ),
        default="section",
        group="approvals",
        below=Below.GROUP,
        prepared=True,
        variants=(
            (_("Group CRM-system rules, Art 3(3)"), "section"),
            (_("Bank CRM rules, Art 10"), "application"),
        ),
    )
)
register(
    Policy(
        key="approvals.contract_signatory",
        title=_("Who signs contracts"),
        meaning=_("Whose signature a supply or quality contract needs on our side."),
        source=_("Customer admission rules, Art 5(2)"),
        type=Choice(
            (
                ("general_manager", _("general manager")),
                ("materials_head", _("head of the materials department")),
            )
        ),
        default="general_manager",
        group="approvals",
        below=Below.GROUP,
        prepared=True,
        variants=(
            (_("Customer admission rules, Art 5(2)"), "general_manager"),
            (_("Supplier admission rules, Art 3(2)"), "materials_head"),
        ),
    )
)
register(
    Policy(
        key="approvals.rule_makers",
        title=_("Who approves the rules"),
        meaning=_("The bodies that pass customer-relationship rules, in the order they decide."),
        source=_("Account-manager regime of a construction group"),
        type=Choices(
            (
                ("manager_meeting", _("general manager's meeting")),
                ("board", _("board of directors")),
            ),
            required=True,
        ),
        default=("manager_meeting", "board"),
        group="approvals",
        below=Below.GROUP,
        variants=(
            (_("Account-manager regime of a construction group"), ("manager_meeting", "board")),
            (_("Account-manager regime of a technology company"), ("manager_meeting",)),
        ),
    )
)

register(
    Policy(
        key="approvals.files_per_request",
        title=_("Files of a request"),
        meaning=_("How many files a request may have."),
        source=_("Practice of approval systems"),
        type=Whole(1, 100, unit=_("files"), one=_("file")),
        default=20,
        group="approvals",
    )
)
register(
    Policy(
        key="approvals.step_up_amount",
        title=_("Identity confirmed for large sums"),
        meaning=_("Above this sum whoever decides confirms once more who he is."),
        source=_("Practice of approval systems"),
        type=Money(maximum=100_000_000),
        default=Decimal(10_000),
        group="approvals",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="approvals.deputy_functions",
        title=_("Deputies by their post"),
        meaning=_(
            "Who decides and signs on behalf of the holder of a function in the same unit while "
            "he is away and named nobody else."
        ),
        source=_("Rules on maintaining customer relations, 4.2"),
        type=Rows(
            (
                Column("function", _("Function"), Text(maximum=60, minimum=1)),
                Column("deputy", _("Function of the deputy"), Text(maximum=60, minimum=1)),
            ),
            minimum=0,
        ),
        default=rows([{"function": "总经理", "deputy": "总经理助理"}]),
        group="approvals",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="approvals.urge_hours",
        title=_("Pause between two urges"),
        meaning=_("An applicant urges the same approver again after this many hours."),
        source=_("Practice of approval systems"),
        type=Whole(1, 240, unit=_("hours"), one=_("hour")),
        default=4,
        group="approvals",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="approvals.file_megabytes",
        title=_("Size of a file with a comment"),
        meaning=_("A file that comes with a comment on an approval is at most this large."),
        source=_("Practice of approval systems"),
        type=Whole(1, 200, unit=_("MB")),
        default=20,
        group="approvals",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="approvals.export_rows",
        title=_("Release of large exports"),
        meaning=_(
            "A file with more rows than this is handed out only after an approval; 0 lets every "
            "file go."
        ),
        source=_("Practice of approval systems"),
        type=Whole(0, 10_000_000, unit=_("rows")),
        default=0,
        group="approvals",
        below=Below.GROUP,
    )
)
