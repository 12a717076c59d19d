"""Whom a bulletin is for."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Post, RoleGrant, User
from compliance.models import Bulletin
from regions.models import OrgUnit


def audience_of(bulletin: Bulletin) -> QuerySet[User]:
    """Active people who belong to a unit addressed or below it, or hold a post there; where roles
    are addressed, those of them who hold one today. The mirror of `Bulletin.addressed_to`."""
    today = timezone.localdate()
    paths = OrgUnit.objects.filter(pk__in=bulletin.audience.values("unit")).values_list(
        "path", flat=True
    )
    branch = Q(pk__in=[])
    for path in paths:
        branch |= Q(path__startswith=path)
    units = OrgUnit.objects.filter(branch)
    posts = Post.objects.on(today).filter(user=OuterRef("pk"), unit__in=units)
    people = User.objects.active().filter(Q(unit__in=units) | Exists(posts))
    roles = list(bulletin.roles.values_list("pk", flat=True))
    if roles:
        held = RoleGrant.objects.on(today).filter(user=OuterRef("pk"), role__in=roles)
        people = people.filter(Exists(held))
    return people
