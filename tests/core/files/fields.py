"""Field sets as the apps declare them, large enough to prove the recognition of columns."""

from core.files.headers import Field

OWNERS = (
    Field("region", "Region", ("区域", "区域公司", "大区", "所属区域")),
    Field("city", "City company", ("城市公司", "城市", "所属城市", "分公司"), required=True),
    Field(
        "project",
        "Project",
        ("项目", "项目名称", "所属项目", "楼盘", "楼盘名称", "小区"),
        required=True,
    ),
    Field("building", "Building", ("楼栋", "楼号", "栋号", "幢号", "栋", "楼栋号", "座")),
    Field("unit", "Unit", ("单元", "单元号")),
    Field("room", "Room", ("房号", "房间号", "室号", "房屋号", "户号")),
    Field("address", "Place", ("房屋地址", "房屋坐落", "房产信息", "房屋信息")),
    Field("name", "Name", ("业主姓名", "姓名", "客户姓名", "业主", "客户名称"), required=True),
    Field("gender", "Gender", ("性别",)),
    Field("identity_kind", "Document", ("证件类型", "证件种类")),
    Field(
        "identity",
        "Identity number",
        ("证件号码", "身份证号", "身份证号码", "证件号", "身份证"),
        personal=True,
    ),
    Field(
        "phone",
        "Telephone",
        ("手机号码", "手机", "手机号", "联系电话", "联系方式", "电话", "移动电话"),
        personal=True,
    ),
    Field(
        "spare_phone",
        "Spare telephone",
        ("备用电话", "其他电话", "紧急联系电话", "电话2"),
        personal=True,
    ),
    Field("signed_on", "Signed on", ("签约日期", "签约时间", "合同日期", "认购日期")),
    Field("handed_over_on", "Handed over on", ("交付日期", "接房时间", "交房日期", "收楼日期")),
    Field("area", "Area", ("建筑面积", "面积", "房屋面积")),
    Field("price", "Price", ("合同总价", "总价", "成交总价", "合同金额", "总房款")),
    Field("payment", "Payment", ("付款方式", "按揭方式")),
    Field("level", "Level", ("客户等级", "客户级别", "等级")),
    Field("remark", "Remark", ("备注", "说明", "备注信息")),
)

ORGANISATIONS = (
    Field("code", "Code", ("客户代码", "客户编号"), required=True),
    Field("name", "Name", ("单位名称", "客户名称", "公司名称"), required=True),
    Field("ownership_class", "Class", ("客户类别",)),
    Field("importance", "Level", ("客户级别", "客户等级")),
    Field("capital", "Capital", ("资产状况", "注册资本")),
    Field("contact", "Contact", ("联系人", "主要联系人/姓名")),
    Field("phone", "Telephone", ("手机", "主要联系人/手机")),
    Field("keeper", "Keeper", ("营销专员工号", "我方对接/工号")),
    Field("keeper_phone", "Keeper's telephone", ("我方对接/手机",)),
)
