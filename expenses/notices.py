"""What people are told about money."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

PAPER = {"number": "FY2026110231"}

register_kind(
    NoticeKind(
        "expenses.evidence_wanted",
        _("An application was approved that wants evidence"),
        sample=PAPER | {"due_on": "2026-12-04"},
    )
)
register_kind(
    NoticeKind(
        "expenses.evidence_due",
        _("Evidence of an event is due or late"),
        mail=True,
        sample=PAPER | {"due_on": "2026-12-04", "late": True},
    )
)
register_kind(
    NoticeKind(
        "expenses.remitted",
        _("Money for a family event was remitted"),
        mail=True,
        sample=PAPER | {"title": "婚礼礼金", "amount": "500.00", "paid_on": "2026-12-01"},
    )
)
register_kind(
    NoticeKind(
        "expenses.key_date",
        _("A key date of a customer comes near"),
        mail=True,
        sample={"customer": "陈志远", "title": "婚礼", "on": "2026-12-06"},
    )
)
