"""The words by which customers are classed in every property group (CUS-03, CUS-05, VAL-03)."""

from customers.models import CustomerClass, Scheme

WORDS = {
    Scheme.OWNERSHIP: ("政府类", "社会类", "外资类", "系统内"),
    Scheme.IMPORTANCE: ("战略客户", "重点客户", "一般客户", "潜在客户"),
    Scheme.GRADE: ("VIP", "重点", "普通"),
    # VAL-03; whoever has none counts as the last.
    Scheme.BUSINESS: (
        "国际零配件销售商",
        "国际性用品商",
        "地区电气店",
        "地区专营店",
        "地区批量销售店",
        "地区DIY店",
        "其他",
    ),
}


def seed_customers() -> None:
    """Create missing words; an administrator's changes stay."""
    for scheme, words in WORDS.items():
        for position, word in enumerate(words, start=1):
            CustomerClass.objects.get_or_create(
                scheme=scheme, word=word, defaults={"position": position}
            )
