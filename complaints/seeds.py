"""Levels and categories that every property group starts with; administrators change them."""

from accounts.models import Function
from complaints.models import Category, Level

# name, rank, serious, for many complainants
LEVELS = (
    ("一般投诉", 1, False, False),
    ("重要投诉", 2, False, False),
    ("重大投诉", 3, True, False),
    ("群体投诉", 4, True, True),
)
# first level, number of the responsible core function, (second level, words, months of warranty)
CATEGORIES = (
    (
        "工程质量",
        7,
        (
            ("渗漏", "渗水 漏水 渗漏 返潮 发霉", 60),
            ("空鼓", "空鼓", 24),
            ("墙面开裂", "开裂 裂缝 裂纹", 24),
            ("门窗", "门窗 窗户 玻璃 门锁", 24),
        ),
    ),
    (
        "维修服务",
        7,
        (
            ("维修不及时", "不及时 拖延 没人修 一直没修", None),
            ("反复维修", "反复 又坏 再次维修", None),
            ("维修态度", "态度", None),
        ),
    ),
    (
        "物业服务",
        6,
        (
            ("保洁", "保洁 卫生 垃圾", None),
            ("安保", "保安 门禁 被盗 安全", None),
            ("停车", "停车 车位 车库", None),
            ("绿化", "绿化 草坪 树木", None),
            ("收费", "收费 物业费 费用", None),
        ),
    ),
    ("规划设计", 3, (("噪音", "噪音 噪声 吵", None), ("配套变更", "配套 规划变更", None))),
    (
        "交付办证",
        7,
        (("延期交付", "延期交付 交房", None), ("办证延误", "办证 房产证 不动产证", None)),
    ),
    (
        "销售服务",
        3,
        (
            ("承诺不符", "承诺 宣传 不符", None),
            ("合同条款", "合同 条款", None),
            ("退款", "退款 退房 定金", None),
        ),
    ),
)


def seed_complaints() -> None:
    """Create missing levels and categories; what an administrator changed stays."""
    for name, rank, serious, mass in LEVELS:
        Level.objects.get_or_create(
            name=name, defaults={"rank": rank, "is_serious": serious, "is_mass": mass}
        )
    if Category.objects.filter(is_offered=True).exists():
        return
    ordinary = Level.objects.get(name="一般投诉")
    functions = dict(Function.objects.exclude(number=None).values_list("number", "pk"))
    for position, (name, number, children) in enumerate(CATEGORIES, start=1):
        top, _made = Category.objects.update_or_create(
            parent=None,
            name=name,
            defaults={
                "level": ordinary,
                "function_id": functions.get(number),
                "position": position,
                "is_offered": True,
            },
        )
        for place, (child, words, months) in enumerate(children, start=1):
            Category.objects.update_or_create(
                parent=top,
                name=child,
                defaults={
                    "words": words,
                    "warranty_months": months,
                    "position": place,
                    "is_offered": True,
                },
            )
