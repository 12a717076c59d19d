"""Business customers: 附表1 客户名单档案."""
