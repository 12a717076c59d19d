"""Categories that every property group starts with; administrators change them (EXP-01, EXP-02)."""

from typing import Any

from expenses.models import Category, Family, Needs

# code, name, family, what its form asks, working days for evidence, ceiling, other names
CATEGORIES: tuple[tuple[Any, ...], ...] = (
    (
        *("event", "客户活动", Family.GOODS),
        {"customers": Needs.MUST, "event": Needs.MUST, "gifts": Needs.MAY},
        *(5, ["photo", "sign_in"], "", "活动费 联谊活动 业主活动 活动"),
    ),
    (
        *("festive", "节日慰问", Family.GOODS),
        {"customers": Needs.MAY, "gifts": Needs.MAY},
        *(5, ["photo"], "", "节日礼品 节日问候 春节慰问"),
    ),
    (
        *("family", "婚庆慰问", Family.CASH),
        {"customers": Needs.MUST, "beneficiary": Needs.MUST, "event": Needs.MUST},
        *(5, ["confirmation"], "expenses.personal_event_ceiling", "婚庆礼金 家庭慰问 礼金"),
    ),
    (
        *("compensation", "投诉赔付", Family.OTHER),
        {"customers": Needs.MAY, "case": Needs.MUST, "beneficiary": Needs.MAY, "event": Needs.NO},
        *(None, [], "", "客户赔付 投诉赔偿 赔付"),
    ),
    (
        *("gift", "客户礼品", Family.GOODS),
        {"customers": Needs.MUST, "gifts": Needs.MAY, "event": Needs.MAY},
        *(5, ["photo"], "", "礼品 礼品费 自有产品"),
    ),
    (
        *("repair", "二次维修垫付", Family.OTHER),
        {"customers": Needs.MAY, "case": Needs.MAY, "event": Needs.NO},
        *(None, [], "", "维修垫付 二次维修"),
    ),
    (
        *("survey", "满意度调查", Family.OTHER),
        {"customers": Needs.NO, "event": Needs.NO},
        *(None, [], "", "调查费 满意度调研"),
    ),
)


def seed_expenses() -> None:
    """Create missing categories; what an administrator changed stays."""
    if Category.objects.filter(is_offered=True).exists():
        return
    for position, line in enumerate(CATEGORIES, start=1):
        code, name, family, needs, days, kinds, ceiling, words = line
        Category.objects.update_or_create(
            name=name,
            defaults={
                "code": code,
                "family": family,
                **needs,
                "evidence_days": days,
                "evidence_kinds": kinds,
                "ceiling_policy": ceiling,
                "words": words,
                "position": position,
                "is_offered": True,
            },
        )
