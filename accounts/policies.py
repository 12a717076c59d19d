"""The rules of letting people in: sessions, second factor, step-up, passwords."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Choices, Text, Whole

LEVEL_3 = "GB/T 22239-2019 8.1.4.1"


def _roles() -> Sequence[tuple[str, str]]:
    """Roles are rows, so what can be chosen is read when it is asked for."""
    from accounts.models import Role

    return list(Role.objects.order_by("pk").values_list("code", "name"))


register(
    Policy(
        key="accounts.idle_minutes",
        title=_("Signed out after idling"),
        meaning=_(
            "After so many minutes in which a person opens or sends nothing, the session ends."
            " Pages that refresh by themselves do not count."
        ),
        source=f"{LEVEL_3} b; OWASP ASVS 7.3.1",
        type=Whole(5, 480, unit=_("minutes")),
        default=30,
        group="security",
    )
)
register(
    Policy(
        key="accounts.absolute_hours",
        title=_("Longest session"),
        meaning=_("So many hours after the log-in a session ends, whatever happens in it."),
        source="OWASP ASVS 7.3.2",
        type=Whole(1, 24, unit=_("hours")),
        default=10,
        group="security",
    )
)
register(
    Policy(
        key="accounts.desktop_devices",
        title=_("Computers at the same time"),
        meaning=_("On so many computers a person may be signed in; one more ends the oldest."),
        source="GB/T 22239-2019 8.1.4.2; OWASP ASVS 7.1.2",
        type=Whole(1, 10),
        default=1,
        group="security",
    )
)
register(
    Policy(
        key="accounts.mobile_devices",
        title=_("Telephones and tablets at the same time"),
        meaning=_(
            "On so many telephones and tablets a person may be signed in; one more ends the oldest."
        ),
        source="GB/T 22239-2019 8.1.4.2; OWASP ASVS 7.1.2",
        type=Whole(1, 10),
        default=1,
        group="security",
    )
)
register(
    Policy(
        key="accounts.step_up_minutes",
        title=_("Identity confirmed for weighty acts"),
        meaning=_(
            "Exports, roles, log-in security and other people's devices ask for password, code or"
            " passkey again when the last time is longer ago."
        ),
        source="OWASP ASVS 7.5.1, 7.5.3",
        type=Whole(1, 240, unit=_("minutes")),
        default=15,
        group="security",
    )
)
register(
    Policy(
        key="accounts.second_factor_roles",
        title=_("Roles that need a second factor"),
        meaning=_(
            "Whoever holds one of these roles sets up an authenticator app or a passkey, and"
            " logs in with it. GB/T 22239 level 3 wants it of everybody who sees personal data."
        ),
        source=f"{LEVEL_3} d; OWASP ASVS 6.3.3",
        type=Choices(_roles),
        default=(),
        group="security",
    )
)
register(
    Policy(
        key="accounts.second_factor_grace_days",
        title=_("Time to set up the second factor"),
        meaning=_(
            "For so many days after they were first told, people whose role needs a second factor"
            " can go on without; then nothing else opens until it is set up."
        ),
        source=f"{LEVEL_3} d",
        type=Whole(0, 90, unit=_("days")),
        default=0,
        group="security",
    )
)
register(
    Policy(
        key="accounts.password_profile",
        title=_("What a password must be"),
        meaning=_(
            "The Chinese standard wants classes of characters and a new password every 90 days;"
            " the international one wants length and no forced change. Both refuse guessable ones."
        ),
        source=f"{LEVEL_3} a; OWASP ASVS 6.2",
        type=Choice(
            (
                ("dengbao3", _("GB/T 22239 level 3: 12 characters, 3 classes, 90 days")),
                ("asvs", _("OWASP ASVS: 15 characters, no forced change")),
            )
        ),
        default="dengbao3",
        group="security",
        variants=(
            (LEVEL_3, _("classes of characters and regular change")),
            ("OWASP ASVS 6.2.5, 6.2.10", _("length alone and no forced change")),
        ),
    )
)
register(
    Policy(
        key="accounts.further_reveals",
        title=_("Further numbers after confirming identity"),
        meaning=_(
            "Whoever has used up the daily allowance of shown numbers, confirms who he is and gives"
            " a reason, may see so many more, once a day. 0: none."
        ),
        source="OWASP ASVS 7.5.3; PIPL 51",
        type=Whole(0, 500),
        default=50,
        group="privacy",
    )
)

# --- who sees what ------------------------------------------------------------------------------

register(
    Policy(
        key="accounts.hand_over_undo_days",
        title=_("Undoing a hand-over"),
        meaning=_(
            "For so many days a hand-over can be undone. What changed since stays with whoever"
            " has it then."
        ),
        source=_("CRM guide, part 2"),
        type=Whole(0, 90, unit=_("days")),
        default=14,
        group="accounts",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="accounts.grant_review_day",
        title=_("Start of the monthly grant review"),
        meaning=_(
            "On this working day of the month heads and administrators are told to review the"
            " grants in their reach."
        ),
        source="GB/T 22239-2019 8.1.4.2 d",
        type=Whole(1, 15, unit=_("working days into the month")),
        default=1,
        group="accounts",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="accounts.grant_review_due_day",
        title=_("End of the monthly grant review"),
        meaning=_("Grants that nobody reviewed by this day of the month are shown as overdue."),
        source="GB/T 22239-2019 8.1.4.2 d",
        type=Whole(1, 28, unit=_("days into the month")),
        default=10,
        group="accounts",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="accounts.lock_failures",
        title=_("Wrong passwords in a row"),
        meaning=_("So many wrong passwords in a row from one place lock the account there."),
        source=f"{LEVEL_3} b",
        type=Whole(3, 10, unit=_("times"), one=_("time")),
        default=5,
        group="security",
    )
)
register(
    Policy(
        key="accounts.lock_minutes",
        title=_("Lock after wrong passwords"),
        meaning=_("Wrong passwords within so many minutes count together; so long the lock lasts."),
        source=f"{LEVEL_3} b",
        type=Whole(5, 120, unit=_("minutes")),
        default=15,
        group="security",
    )
)
register(
    Policy(
        key="accounts.lock_failures_a_day",
        title=_("Wrong passwords in a day"),
        meaning=_(
            "So many within 24 hours lock the account everywhere until an administrator ends the"
            " lock or the person uses a one-time link."
        ),
        source=f"{LEVEL_3} b",
        type=Whole(10, 100, unit=_("times"), one=_("time")),
        default=20,
        group="security",
    )
)
register(
    Policy(
        key="accounts.log_in_months",
        title=_("Log-in records kept"),
        meaning=_("After so many months log-in records are deleted. The law asks for six."),
        source=_("Cybersecurity Law, Art 21"),
        type=Whole(6, 60, unit=_("months"), one=_("month")),
        default=13,
        group="security",
    )
)
register(
    Policy(
        key="accounts.leading_positions",
        title=_("Positions that lead a unit"),
        meaning=_(
            "Whoever has one of these positions or functions counts as a leader of his unit in the"
            " kinds of users; separate them by commas."
        ),
        source=_("Rules on users of the customer system, Art 9"),
        type=Text(200),
        default="董事长、总裁、副总裁、分管副总裁、总经理、集团总经理、区域总经理、城市总经理、片区总经理、项目总经理、项目总",
        group="accounts",
        below=Below.NOBODY,
    )
)
