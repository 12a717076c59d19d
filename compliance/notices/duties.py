"""What people are told about trips, notices and sanctions."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "compliance.no_stand_in",
        _("Your stand-in could not be named"),
        mail=True,
        sample={"deputy": "周敏", "why": "周敏自己也不在。"},
    )
)
register_kind(
    NoticeKind(
        "compliance.gap_warning",
        _("You have not logged in for some time"),
        mail=True,
        sample={"days": 10, "left": 4, "through": dt.date(2026, 11, 22)},
    )
)
register_kind(
    NoticeKind(
        "compliance.circular_drafted",
        _("A notice about log-ins waits to be published"),
        sample={"unit": "武汉公司", "count": 2},
    )
)
register_kind(
    NoticeKind(
        "compliance.sanctioned",
        _("A sanction was imposed on you"),
        mail=True,
        sample={"days": 19, "until": dt.date(2026, 12, 4)},
    )
)
register_kind(
    NoticeKind(
        "compliance.appealed",
        _("Somebody appeals against a sanction"),
        mail=True,
        sample={"name": "宋佳", "unit": "武汉公司"},
    )
)
register_kind(
    NoticeKind(
        "compliance.appeal_decided",
        _("Your appeal was decided"),
        mail=True,
        sample={"outcome": "void", "reason": "当时在出差，行程已补录。"},
    )
)
register_kind(
    NoticeKind(
        "compliance.sanction_void",
        _("A sanction on you is void"),
        mail=True,
        sample={"reason": "名单有误。"},
    )
)
register_kind(
    NoticeKind(
        "compliance.praise_drafted",
        _("Commendations for log-ins wait to be published"),
        sample={"unit": "武汉公司", "count": 6},
    )
)
register_kind(
    NoticeKind(
        "compliance.commended",
        _("You are commended"),
        mail=True,
        sample={"first": dt.date(2026, 8, 1), "last": dt.date(2026, 10, 31), "days": 61},
    )
)
register_kind(
    NoticeKind(
        "compliance.commendation_void",
        _("A commendation of yours is void"),
        mail=True,
        sample={"reason": "名单有误。"},
    )
)
register_kind(
    NoticeKind(
        "compliance.log_ins_stopped",
        _("The log-in duty was not judged as usual"),
        mail=True,
        sample={"why": "系统时钟与已计算的日期相差过大。"},
    )
)
