"""Who does what at each tier, as two documents of the trade say it (ORG-20, ORG-21, SAT-06).

The texts are data in the group's language; which table holds is the rule `compliance.duty_table`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier with what it does of the four kinds of work, and the post that answers for it."""

    name: str
    post: str
    collects: str
    surveys: str
    settles: str
    supervises: str


THREE_TIERS = (
    Tier(
        "集团",
        "市场营销部",
        "汇总客户信息，维护网络系统",
        "汇总、分析满意度报告",
        "指导重大投诉的处理",
        "指导、监督、检查各单位客户关系工作",
    ),
    Tier(
        "专业公司 / 区域分公司",
        "经营部",
        "收集、分类、归档客户信息",
        "组织满意度调查并编写报告",
        "受理并解决投诉",
        "管理、考核项目部的客户关系工作",
    ),
    Tier(
        "项目",
        "项目经理部",
        "收集并上报本工程客户信息，编写客户分析",
        "调查本工程满意度并上报",
        "解决本工程投诉，维护客户关系",
        "自查并落实整改",
    ),
)
TWO_DEPARTMENTS = (
    Tier(
        "公司",
        "经营部",
        "建立并维护客户关系，收集客户信息",
        "参与调查",
        "归口处理客户投诉",
        "检查二级单位的客户关系维护",
    ),
    Tier(
        "公司",
        "工程部",
        "收集、整理满意度信息",
        "牵头顾客关系测评，编写《顾客关系测评报告》",
        "推动质量问题改进",
        "督促各单位开展调查、投诉处理和改进",
    ),
    Tier(
        "二级单位、项目部",
        "项目部",
        "收集本项目客户信息",
        "开展本项目调查",
        "处理本项目投诉",
        "落实改进措施",
    ),
)
TABLES = {"three_tiers": THREE_TIERS, "two_departments": TWO_DEPARTMENTS}
