"""Giving and ending roles in a section (版块), from the page of the section."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.forms.sections import SectionRoleForm
from accounts.models import SectionGrant
from accounts.services import end_section_role, give_section_role
from accounts.visitors import person_of
from core.access import fresh, requires
from core.errors import Refused
from core.htmx import page_or_rows
from regions.models import Section

VIEW = "regions.view_section"
REFUSED_FORM = 422


def _section(request: HttpRequest, code: str) -> Section:
    return get_object_or_404(Section.objects.visible_to(request.user, VIEW), code=code)


def _crumbs(section: Section, title: str) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Organisation"), reverse("regions:units")),
        (_("Sections"), reverse("regions:sections")),
        (section.name, reverse("regions:section", args=[section.code])),
        (title, ""),
    ]


@fresh
@requires("accounts.add_rolegrant")
def section_role_give(request: HttpRequest, code: str) -> HttpResponse:
    """Let a person hold a role in all units of a section (ACC-06)."""
    section, by = _section(request, code), person_of(request)
    form = SectionRoleForm(request.POST or None, user=by)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            grant = give_section_role(data.pop("user"), section=section, by=by, **data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("{name} holds the role {role} in this section.")
            messages.success(request, said.format(name=grant.user.name, role=grant.role.name))
            return redirect("regions:section", section.code)
    title = _("Give a role in this section")
    context = {
        "form": form,
        "section": section,
        "title": title,
        "crumbs": _crumbs(section, title),
    }
    status = REFUSED_FORM if request.method == "POST" else 200
    return render(request, "accounts/section_role.html", context, status=status)


@fresh
@requires("accounts.change_rolegrant")
def section_role_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Ask once more, then end somebody's role in a section today."""
    section, by = _section(request, code), person_of(request)
    grants = SectionGrant.objects.select_related("user", "role", "section")
    grant = get_object_or_404(grants, section=section, pk=pk)
    refused: list[str] = []
    back = reverse("regions:section", args=[section.code])
    names = {"name": grant.user.name, "role": grant.role.name}
    if request.method == "POST":
        try:
            end_section_role(grant, by=by)
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            said = _("{name} no longer holds the role {role} in this section.")
            messages.success(request, said.format(**names))
            return _go(request, back)
    title = _("End the role {role} of {name} in this section?").format(**names)
    context = {
        "title": title,
        "effect": _("From today on the section's data can no longer be seen by this role."),
        "verb": _("End the role"),
        "danger": True,
        "action": request.path,
        "cancel_url": back,
        "refused": refused,
        "crumbs": _crumbs(section, _("End the role")),
    }
    status = REFUSED_FORM if refused else 200
    return page_or_rows(
        request, "components/confirm_page.html", "components/confirm.html", context, status
    )


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """On to a page; htmx is told the address."""
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=200)
        answer["HX-Redirect"] = url
        return answer
    return redirect(url)
