"""Levels and categories that every property group starts with; administrators change them."""

from accounts.models import Function
from complaints.models import Category, Level, Trade

# name, rank, serious, for many complainants
LEVELS = (
    ("一般投诉", 1, False, False),
    ("重要投诉", 2, False, False),
    ("重大投诉", 3, True, False),
    ("群体投诉", 4, True, True),
)
# first level, number of the responsible core function, (second level, words, trade)
CATEGORIES = (
    (
        "工程质量",
        7,
        (
            ("渗漏", "渗水 漏水 渗漏 返潮 发霉", Trade.WATERPROOFING),
            ("空鼓", "空鼓", Trade.FINISHES),
            ("墙面开裂", "开裂 裂缝 裂纹", Trade.FINISHES),
            ("门窗", "门窗 窗户 玻璃 门锁", Trade.FINISHES),
        ),
    ),
    (
        "维修服务",
        7,
        (
            ("维修不及时", "不及时 拖延 没人修 一直没修", ""),
            ("反复维修", "反复 又坏 再次维修", ""),
            ("维修态度", "态度", ""),
        ),
    ),
    (
        "物业服务",
        6,
        (
            ("保洁", "保洁 卫生 垃圾", ""),
            ("安保", "保安 门禁 被盗 安全", ""),
            ("停车", "停车 车位 车库", ""),
            ("绿化", "绿化 草坪 树木", ""),
            ("收费", "收费 物业费 费用", ""),
        ),
    ),
    ("规划设计", 3, (("噪音", "噪音 噪声 吵", ""), ("配套变更", "配套 规划变更", ""))),
    (
        "交付办证",
        7,
        (("延期交付", "延期交付 交房", ""), ("办证延误", "办证 房产证 不动产证", "")),
    ),
    (
        "销售服务",
        3,
        (
            ("承诺不符", "承诺 宣传 不符", ""),
            ("合同条款", "合同 条款", ""),
            ("退款", "退款 退房 定金", ""),
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
        for place, (child, words, trade) in enumerate(children, start=1):
            Category.objects.update_or_create(
                parent=top,
                name=child,
                defaults={
                    "words": words,
                    "trade": trade,
                    "position": place,
                    "is_offered": True,
                },
            )
