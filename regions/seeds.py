"""Names of levels and the naming rule ORG-02, as every property group starts with them."""

from regions.models import Kind, UnitLevel

LEVELS: tuple[tuple[str, str, list[str], bool], ...] = (
    (Kind.GROUP, "集团", [], False),
    (Kind.REGION, "区域", ["客户关系中心", "客户关系部"], True),
    (Kind.CITY, "城市", ["客户关系部"], True),
    (Kind.PROJECT, "项目", ["客户关系部"], False),
)


def seed_regions() -> None:
    """Create missing levels; names an administrator changed stay."""
    for kind, name, department_names, required in LEVELS:
        UnitLevel.objects.get_or_create(
            kind=kind,
            defaults={
                "name": name,
                "department_names": department_names,
                "department_required": required,
            },
        )
