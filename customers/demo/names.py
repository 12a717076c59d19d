"""Words of the demonstration and how they are drawn. All Chinese text here is data."""

import datetime as dt
from collections.abc import Sequence
from random import Random

from core.values.identity import resident_check_digit

MALE, FEMALE = "男", "女"

# Surnames as often as they are met, roughly in per mille; then some with several readings and
# some of two characters, so that searches by reading have something to find.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴" * 8
    + "徐孙胡朱高林何郭马罗" * 4
    + "梁宋郑谢韩唐冯于董萧" * 2
    + "程曹袁邓许傅沈彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
    "任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    + "单仇曾解查翟覃区盖朴缪乐"
)
_COMPOUND = ("欧阳", "司徒", "上官", "诸葛", "尉迟", "令狐", "皇甫", "夏侯")
_MALE_GIVEN = (
    "伟强磊军勇杰涛明超鹏飞浩宇轩博文志远建国海波振华俊峰凯斌晨旭东阳子涵家豪承泽天佑立群景行怀谷"
)
_FEMALE_GIVEN = (
    "芳娜敏静丽艳娟霞秀英玲玉兰桂珍雪梅婷慧琳佳怡欣悦梦瑶诗涵雨桐若曦思语清妍素心晓彤月华可馨"
)
_AREA_PROVINCES = ("32", "33", "35", "36", "42", "43", "44", "51", "61", "37")

# Mobile ranges of the number plan that no operator gives to subscribers: no telephone rings.
_MOBILE_RANGES = ("160", "161", "163", "164", "168", "169")

GROUP = "澜序地产集团"
# Region → its cities. None of these places exists.
REGIONS: dict[str, tuple[str, ...]] = {
    "东海区域": ("澜州", "青屿", "望潮", "临汐", "海棠港"),
    "江南区域": ("云泽", "枫陵", "锦渡", "芷溪"),
    "岭南区域": ("榕浦", "荔澳", "珊浦", "椰州"),
    "中原区域": ("汴阳", "嵩陵", "洛陵", "颍陵"),
    "巴山区域": ("渝陵", "岷陵", "剑溪", "蓉浦"),
    "塞北区域": ("朔原", "雁陵", "祁原", "凉屿"),
}
_PROJECT_WORDS = (
    "听松", "望岚", "映月", "栖云", "揽星", "知秋", "沐晴", "浅山", "拾光", "归璞", "与棠", "静海",
    "半夏", "和鸣", "鹿鸣", "竹里", "惊鸿", "初霁", "长歌", "问渠", "观稼", "踏雪", "采薇", "扶摇",
)  # fmt: skip
_PROJECT_ENDINGS = ("里", "苑", "府", "园", "湾", "庭", "院", "郡", "坊", "台")

_BRANDS = (
    "禾砚", "嘉澍", "凌岳", "启衡", "润棠", "拓渊", "恒筑", "朗序", "景砥", "泰屿", "瀚璟", "宏榉",
    "博翊", "盛栎", "信澄", "众翎", "安垣", "卓槿", "远岑", "睿桓",
)  # fmt: skip
_TRADES = (
    ("商业管理", "商业服务"),
    ("物业服务", "物业服务"),
    ("建设工程", "建筑施工"),
    ("信息技术", "信息技术"),
    ("医疗健康", "医疗"),
    ("教育咨询", "教育"),
    ("酒店管理", "酒店"),
    ("供应链", "物流"),
    ("园林绿化", "市政建设"),
    ("装饰设计", "建筑装饰"),
    ("文化传播", "文化传媒"),
    ("能源科技", "能源"),
)
PUBLIC_BODIES = ("住房和城乡建设局", "自然资源局", "城市管理局", "教育局", "投资促进中心")

PERSON_SOURCES = ("自然来访", "老客户介绍", "线上推广", "中介渠道", "员工推荐", "户外广告")
PERSON_SOURCE_WEIGHTS = (34, 22, 18, 14, 7, 5)
OCCUPATIONS = ("公司职员", "外企白领", "个体经营", "教师", "医生", "公务员", "工程师", "退休")
RISKS = ("低风险", "低风险", "低风险", "低风险", "中风险", "中风险", "高风险")
BUSINESS_SOURCES = ("政府规划信息", "老客户介绍", "员工推荐", "社会中介", "公开招标")
PAYMENT_METHODS = ("按揭贷款", "公积金贷款", "一次性", "分期付款")
PAYMENT_WEIGHTS = (58, 20, 16, 6)
AREAS = (78, 89, 96, 105, 112, 118, 128, 143, 165, 188)
NATURES = ("有限责任公司", "国有企业", "外商独资", "中外合资", "事业单位", "股份有限公司")
SCALES = ("大型", "中型", "小型")
PAYMENT_RECORDS = ("履约良好", "按期付款", "偶有延期", "履约良好，付款及时", "有拖欠记录")
TITLES = ("总经理", "副总经理", "采购总监", "行政主管", "财务经理", "项目经理", "办公室主任")
DEPARTMENTS = ("总经办", "采购部", "行政部", "财务部", "工程部")
STREETS = ("听潮路", "和风大道", "知新街", "百川路", "青禾路", "望亭街", "云帆路", "新桥大道")


class Names:
    """Draws names and numbers; identity numbers, telephone numbers and codes never repeat."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._identities: set[str] = set()
        self._phones: set[str] = set()

    def person(self, gender: str) -> str:
        """A full name of two to four characters."""
        draw = self.random
        letters = _MALE_GIVEN if gender == MALE else _FEMALE_GIVEN
        surname = draw.choice(_COMPOUND) if draw.random() < 0.006 else draw.choice(_SURNAMES)
        length = 1 if draw.random() < 0.18 else 2
        return surname + "".join(draw.choice(letters) for _ in range(length))

    def gender(self) -> str:
        return MALE if self.random.random() < 0.52 else FEMALE

    def identity(self, gender: str, born: dt.date) -> str:
        """A resident number with a right check digit in an area that was never assigned."""
        while True:
            # The last digit of the order number is odd for men, even for women.
            order = 2 * self.random.randrange(500) + (gender == MALE)
            area = self.random.choice(_AREA_PROVINCES) + f"99{self.random.randrange(100):02}"
            first = f"{area}{born:%Y%m%d}{order:03}"
            if first not in self._identities:
                self._identities.add(first)
                return first + resident_check_digit(first)

    def phone(self) -> str:
        """A mobile number in E.164."""
        while True:
            number = self.random.choice(_MOBILE_RANGES) + f"{self.random.randrange(10**8):08}"
            if number not in self._phones:
                self._phones.add(number)
                return "+86" + number

    def birthday(self, youngest: int, oldest: int, today: dt.date) -> dt.date:
        """A day of birth of somebody between two ages in years."""
        days = self.random.randrange(youngest * 365, oldest * 365)
        return today - dt.timedelta(days=days)

    def projects(self, city: str, count: int) -> list[str]:
        """Distinct names of projects in a city."""
        words = self.random.sample(_PROJECT_WORDS, count)
        return [f"{city}{word}{self.random.choice(_PROJECT_ENDINGS)}" for word in words]

    def company(self, city: str) -> tuple[str, str]:
        """A company's name and its trade."""
        trade, industry = self.random.choice(_TRADES)
        return f"{city}{self.random.choice(_BRANDS)}{trade}有限公司", industry

    def weighted(self, words: Sequence[str], weights: Sequence[int]) -> str:
        return self.random.choices(words, weights)[0]
