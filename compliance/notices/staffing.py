"""What people are told about findings, account changes and inspections."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

register_kind(
    NoticeKind(
        "compliance.finding",
        _("A finding of the checks was given to you"),
        mail=True,
        sample={
            "rule": "ORG-05",
            "unit": "深圳公司",
            "text": "深圳公司没有客户关系部负责人。",
            "due_on": "2026-12-04",
        },
    )
)
register_kind(
    NoticeKind(
        "compliance.findings_new",
        _("The checks found something that I answer for"),
        mail=True,
        sample={
            "count": 7,
            "high": 1,
            "named": ["深圳公司没有客户关系部负责人。", "深圳公司没有职能规划。"],
            "more": 5,
        },
    )
)
register_kind(
    NoticeKind(
        "compliance.overdue",
        _("A finding, an inspection point or an appeal is late"),
        mail=True,
        sample={
            "what": "point",
            "unit": "深圳锦绣华庭",
            "text": "大堂标识脱落",
            "due_on": dt.date(2026, 12, 4),
            "mine": False,
        },
    )
)
register_kind(
    NoticeKind(
        "compliance.account_change_noted",
        _("Account changes are to be filed"),
        mail=True,
        sample={"count": 2, "people": "黄兵, 李娜", "due_on": "2026-11-20"},
    )
)
register_kind(
    NoticeKind(
        "compliance.account_change_late",
        _("An account change is late"),
        mail=True,
        sample={"what": "close", "people": "黄兵", "unit": "北京公司", "due_on": "2026-11-20"},
    )
)
register_kind(
    NoticeKind(
        "compliance.inspection_point",
        _("A point of an inspection was given to you"),
        mail=True,
        sample={"unit": "深圳锦绣华庭", "text": "大堂标识脱落", "due_on": "2026-12-04"},
    )
)
