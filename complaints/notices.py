"""What people are told about cases."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from core.notices import EventKind, NoticeKind, register_event, register_kind

CASE = {"number": "TS2026112200004", "unit": "武汉云麓天境"}

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
            "answer_by": datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
        },
    )
)
register_kind(
    NoticeKind(
        "complaints.urge_answered",
        _("Your urge about a case was answered"),
        mail=True,
        sample=CASE | {"by": "周敏", "answer": "今日下午三点前上门。"},
    )
)
register_kind(
    NoticeKind(
        "complaints.urge_late",
        _("Nobody answered your urge in time"),
        mail=True,
        sample=CASE | {"handler": "周敏", "reason": "业主第二次来电"},
    )
)
register_kind(
    NoticeKind(
        "complaints.called_again",
        _("A further call about a case of yours"),
        sample=CASE,
    )
)
register_kind(
    NoticeKind(
        "complaints.pulled_in",
        _("Somebody pulls you into a case"),
        mail=True,
        sample=CASE | {"by": "周敏"},
    )
)
register_kind(
    NoticeKind(
        "complaints.moved",
        _("A case that you follow was moved on"),
        sample=CASE | {"move": "resolve", "by": "周敏"},
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
        "complaints.mentioned",
        _("Somebody named you in a note on a case"),
        sample={"number": "TS2026112200004", "unit": "武汉云麓天境", "by": "高翔"},
    )
)
register_kind(
    NoticeKind(
        "complaints.works_done",
        _("The contractors of a waiting case are done"),
        mail=True,
        sample={"number": "TS2026112200004", "unit": "武汉云麓天境", "work": "外墙缝重新打胶"},
    )
)
register_kind(
    NoticeKind(
        "complaints.measure_due",
        _("An improvement measure is due or overdue"),
        sample={
            "measure": "防水交底改为样板先行",
            "unit": "武汉云麓天境",
            "due_on": "2026-12-01",
            "late": False,
        },
    )
)
register_kind(
    NoticeKind(
        "complaints.measure_given",
        _("An improvement measure was given to you"),
        sample={"measure": "防水交底改为样板先行", "unit": "武汉云麓天境", "due_on": "2026-12-01"},
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
register_event(EventKind("case.registered", _("A case was registered")))
register_event(EventKind("case.closed", _("A case was closed or rejected")))
register_event(EventKind("case.reopened", _("A case was reopened")))
register_event(EventKind("case.overdue", _("A case has passed a time limit")))
register_event(EventKind("case.low_answer", _("A low survey answer opened a case")))
