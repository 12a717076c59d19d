"""What people are told about changes of the organisation; the calendar that mails keep to."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind, register_working_days
from regions.calendars import is_working_day

register_kind(
    NoticeKind(
        "regions.change_proposed",
        _("An organisation change waits for approval"),
        mail=True,
        sample={"number": 57, "what": "升格", "unit": "郑州公司", "day": "2026-12-01"},
    )
)
register_kind(
    NoticeKind(
        "regions.change_failed",
        _("An organisation change could not be carried out"),
        mail=True,
        sample={"number": 57, "reason": "编码 HZ03 已被使用。"},
    )
)


def works(unit: int | None, day: date) -> bool:
    """Whether mails that can wait may reach the people of a unit on a day."""
    return is_working_day(day, unit=unit)


register_working_days(works)
