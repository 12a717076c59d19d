"""What people are told about surveys."""

from django.utils.translation import gettext_lazy as _

from core.notices import EventKind, NoticeKind, register_event, register_kind

register_kind(
    NoticeKind(
        "satisfaction.held_back",
        _("A file brought more low answers than it opens cases"),
        sample={"count": 120, "file": "满意度调查2026下半年.csv"},
    )
)
REPORT = {"unit": "武汉公司", "wave": "2026 下半年满意度调查"}

register_kind(
    NoticeKind(
        "satisfaction.report_waits",
        _("A survey report waits for your review"),
        mail=True,
        sample=REPORT,
    )
)
register_kind(
    NoticeKind(
        "satisfaction.report_returned",
        _("Your survey report was sent back"),
        mail=True,
        sample=REPORT | {"note": "请补充维修服务的改进措施。"},
    )
)
register_kind(
    NoticeKind(
        "satisfaction.report_reviewed",
        _("Your survey report passed all reviews"),
        sample=REPORT,
    )
)
register_kind(
    NoticeKind(
        "satisfaction.report_distributed",
        _("A survey report was distributed to you"),
        mail=True,
        sample=REPORT,
    )
)
register_event(EventKind("survey.scored", _("Results of a survey wave were published")))
