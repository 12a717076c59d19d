"""Who decides: the routes of approvals that differ from group to group."""

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Choices, Whole

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
