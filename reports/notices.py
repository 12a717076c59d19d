"""What reports tell people."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

COMMENTARY = {"unit": "武汉公司", "report": "客户分析报告", "period": "2026-10"}

register_kind(
    NoticeKind(
        "reports.report_sent",
        _("A report was sent to you"),
        mail=True,
        sample={"name": "月度投诉", "note": "", "stop": "/reports/schedules/1/unsubscribe/"},
    )
)
register_kind(
    NoticeKind(
        "reports.schedule_orphaned",
        _("Nobody answers for a scheduled report any more"),
        sample={"name": "月度投诉", "owner": "李四"},
    )
)
register_kind(
    NoticeKind(
        "reports.commentary_waits",
        _("A unit below submitted its written analysis"),
        mail=True,
        sample=COMMENTARY,
    )
)
register_kind(
    NoticeKind(
        "reports.commentary_returned",
        _("Your written analysis was sent back"),
        mail=True,
        sample=COMMENTARY | {"note": "请补充客户流失的原因。"},
    )
)
register_kind(
    NoticeKind(
        "reports.commentary_accepted",
        _("Your written analysis was accepted"),
        sample=COMMENTARY | {"note": ""},
    )
)
