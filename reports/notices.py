"""What reports tell people."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

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
