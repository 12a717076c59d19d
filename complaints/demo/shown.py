"""Which cases bear what a visitor is to find: those of the head whose account is printed first."""

from complaints.models import Case
from customers.demo.parts import Scene


def cases_to_show(scene: Scene) -> list[Case]:
    """The cases of the demonstration: of the printed head's branch first, the newest before."""
    cases = (
        Case.objects.filter(import_run=scene.run)
        .select_related("unit", "category", "top_category")
        .order_by("-taken_in_at", "pk")
    )
    branch = scene.chosen["section-head"].unit.scope()

    def is_far(case: Case) -> bool:
        own = (case.region_id, case.city_id, case.project_id)
        return any(key and key != mine for key, mine in zip(branch, own, strict=True))

    return sorted(cases, key=is_far)
