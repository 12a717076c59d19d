"""What people are told about their own accounts, at once and by mail: it may be an attack."""

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

AT = datetime(2026, 11, 21, 1, 5, tzinfo=UTC)

register_kind(
    NoticeKind(
        "accounts.new_device",
        _("Logged in on a new device"),
        mandatory=True,
        sample={"browser": "Chrome · Windows", "ip": "10.1.2.3", "at": AT},
    )
)
register_kind(
    NoticeKind(
        "accounts.factor_added",
        _("Second factor set up"),
        mandatory=True,
        sample={"method": "totp", "at": AT},
    )
)
register_kind(
    NoticeKind(
        "accounts.factor_removed",
        _("Second factor removed"),
        mandatory=True,
        sample={"method": "totp", "by": "李敏", "at": AT},
    )
)
register_kind(
    NoticeKind(
        "accounts.recovery_used",
        _("Recovery code used"),
        mandatory=True,
        sample={"left": 9, "at": AT},
    )
)
register_kind(
    NoticeKind(
        "accounts.password_changed",
        _("Password changed"),
        mandatory=True,
        sample={"at": AT},
    )
)
register_kind(
    NoticeKind(
        "accounts.work_received",
        _("Work was handed over to you"),
        mail=True,
        sample={"count": 12, "giver": "周敏", "until": "2026-12-01"},
    )
)
register_kind(
    NoticeKind(
        "accounts.work_returned",
        _("A hand-over was taken back"),
        mail=True,
        sample={"count": 12, "giver": "周敏"},
    )
)
register_kind(
    NoticeKind(
        "accounts.stand_in_named",
        _("You stand in for a colleague, or a colleague for you"),
        mail=True,
        sample={
            "person": "周敏",
            "deputy": "李娜",
            "since": AT,
            "until": AT + timedelta(days=3),
        },
    )
)
register_kind(
    NoticeKind(
        "accounts.grant_review",
        _("The monthly review of grants begins"),
        mail=True,
        sample={"count": 8, "due": "2026-12-10"},
    )
)
register_kind(
    NoticeKind(
        "accounts.leavers_stay",
        _("Accounts of people who left are still open"),
        mail=True,
        sample={"why": "本应关闭的账号过多，请核对系统时钟与花名册。"},
    )
)
