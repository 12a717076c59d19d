"""What people are told about strategic customers and their yearly round."""

from django.utils.translation import gettext_lazy as _

from core.notices import NoticeKind, register_kind

CUSTOMER = {"customer": "滨江城投集团"}

register_kind(
    NoticeKind(
        "compliance.round_open",
        _("Nominations of strategic customers are open"),
        mail=True,
        sample={"year": "2026", "closes_on": "2026-12-15"},
    )
)
register_kind(
    NoticeKind(
        "compliance.round_late",
        _("The yearly round is late"),
        mail=True,
        sample={"year": "2026", "due_on": "2026-12-31"},
    )
)
register_kind(
    NoticeKind(
        "compliance.committee_meeting",
        _("A meeting of the committee is called"),
        mail=True,
        sample={"at": "2026-12-28 09:00"},
    )
)
register_kind(
    NoticeKind(
        "compliance.strategic_charge",
        _("I run a strategic customer from now on"),
        mail=True,
        sample=CUSTOMER,
    )
)
register_kind(
    NoticeKind(
        "compliance.assessed",
        _("My yearly assessment is confirmed"),
        mail=True,
        sample={"year": "2026"},
    )
)
register_kind(
    NoticeKind(
        "compliance.early_signal",
        _("An early signal of a strategic customer"),
        mail=True,
        sample=CUSTOMER | {"what": "people"},
    )
)
register_kind(
    NoticeKind(
        "compliance.month_summary",
        _("A specialist summed up a month"),
        sample=CUSTOMER | {"month": "2026-11"},
    )
)
register_kind(
    NoticeKind(
        "compliance.month_end",
        _("Contacts or summaries of the month are missing"),
        sample={"count": 2, "month": "2026-11"},
    )
)
register_kind(
    NoticeKind(
        "compliance.plan_submitted",
        _("A customer plan waits for my review"),
        mail=True,
        sample=CUSTOMER | {"year": "2027"},
    )
)
register_kind(
    NoticeKind(
        "compliance.plan_reviewed",
        _("My customer plan was reviewed"),
        sample=CUSTOMER | {"sent_back": False},
    )
)
register_kind(
    NoticeKind(
        "compliance.resource",
        _("A strategic customer needs something from me"),
        mail=True,
        sample=CUSTOMER | {"needed_by": "2026-12-04", "urged": 1, "is_priority": True},
    )
)
register_kind(
    NoticeKind(
        "compliance.resource_answered",
        _("A department answered my request"),
        sample=CUSTOMER | {"state": "done"},
    )
)
register_kind(
    NoticeKind(
        "compliance.talk",
        _("A high-level talk is prepared for me"),
        mail=True,
        sample=CUSTOMER | {"at": "2026-12-04 09:00"},
    )
)
