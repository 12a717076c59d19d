"""What a person may see and do: for himself, and for those who answer for his grants."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User, may_reach
from accounts.reach import facts
from accounts.selectors.access import grant_table, rights_of, source_of
from accounts.visitors import person_of
from core.access import signed_in

RIGHT = "accounts.review_grants"


@signed_in
@require_safe
def person_access(request: HttpRequest, employee_no: str) -> HttpResponse:
    """Grants, rights in words with their reach, sample counts, and what ended lately."""
    reader = person_of(request)
    person = User.objects.select_related("unit").filter(employee_no=employee_no).first()
    if person is None or not (person.pk == reader.pk or may_reach(reader, RIGHT, person)):
        raise Http404("person")
    table = grant_table(person)
    for grant in (*table.now, *table.later, *table.ended):
        grant.source = source_of(grant)  # type: ignore[attr-defined]
    crumbs = [(person.name, ""), (_("What this person sees"), "")]
    if reader.has_perm("accounts.view_user"):
        crumbs[0] = (person.name, person.get_absolute_url())
        crumbs.insert(0, (_("People and access"), reverse("accounts:people")))
    context = {
        "person": person,
        "itself": person.pk == reader.pk,
        "grants": table,
        "rights": rights_of(person),
        "facts": facts(person, reader),
        "crumbs": crumbs,
    }
    return render(request, "accounts/access.html", context)
