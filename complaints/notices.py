"""What people are told about cases."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "complaints.assigned",
        _("A case was assigned to you"),
        mail=True,
        sample={"number": "TS2026112200004", "unit": "武汉云麓天境"},
    )
)
register_kind(
    NoticeKind(
        "complaints.urged",
        _("Somebody urges you to answer about a case"),
        mail=True,
        sample={
            "number": "TS2026112200004",
            "unit": "武汉云麓天境",
            "by": "高翔",
            "reason": "业主第二次来电",
            "answer_by": "2026-11-23T10:00:00+08:00",
        },
    )
)
register_kind(
    NoticeKind(
        "complaints.escalated",
        _("A time limit of a case comes near or has passed"),
        mail=True,
        sample={
            "number": "TS2026112200004",
            "unit": "武汉云麓天境",
            "limit": "resolution",
            "side": "after",
        },
    )
)
register_kind(
    NoticeKind(
        "complaints.escalated_many",
        _("Time limits of several cases have passed"),
        mail=True,
        sample={"count": 12},
    )
)
register_kind(
    NoticeKind(
        "complaints.mail_came",
        _("An e-mail was added to a case of yours"),
        mail=True,
        sample={"number": "TS2026112200004", "unit": "武汉云麓天境"},
    )
)
