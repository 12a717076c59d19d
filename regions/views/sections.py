"""Pages of sections: the list, one section with its units, companies and administrators."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from core.access import requires
from core.errors import Refused
from core.scope import scope_of
from regions import selectors, services
from regions.forms import CompanyForm, SectionForm, SectionUnitForm
from regions.models import Section, SectionUnit

VIEW, CHANGE = "regions.view_section", "regions.change_section"


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Organisation"), reverse("regions:units")),
        (_("Sections"), reverse("regions:sections") if more else ""),
        *more,
    ]


def _may_change(request: HttpRequest) -> bool:
    return scope_of(request.user, CHANGE).everything


@requires(VIEW)
@require_safe
def section_list(request: HttpRequest) -> HttpResponse:
    """The sections with their units and companies."""
    context = {
        "lines": selectors.sections_for(request.user),
        "may_change": _may_change(request),
        "crumbs": _crumbs(),
    }
    return render(request, "regions/sections.html", context)


@requires(CHANGE)
def section_new(request: HttpRequest) -> HttpResponse:
    """Name a section."""
    return _edit(request, None)


@requires(CHANGE)
def section_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Rename a section, or map it to other companies."""
    return _edit(request, _section(request, code, CHANGE))


def _section(request: HttpRequest, code: str, right: str = VIEW) -> Section:
    return get_object_or_404(Section.objects.visible_to(request.user, right), code=code)


def _edit(request: HttpRequest, section: Section | None) -> HttpResponse:
    initial: dict[str, Any] = {}
    if section is not None:
        initial = {name: getattr(section, name) for name in ("code", "name", "number")}
        initial["companies"] = section.companies.all()
    form = SectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_section(section, by=request.user, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("regions:section", saved.code)
    title = section.name if section else _("New section")
    context = {"form": form, "section": section, "crumbs": _crumbs((title, ""))}
    status = 422 if request.method == "POST" else 200
    return render(request, "regions/section_form.html", context, status=status)


@requires(VIEW)
@require_safe
def section_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One section: its units from when on, companies, who administers it, what it holds."""
    return _page(request, _section(request, code), SectionUnitForm(user=request.user), 200)


def _page(
    request: HttpRequest, section: Section, form: SectionUnitForm, status: int
) -> HttpResponse:
    today = timezone.localdate()
    members = selectors.members_for(section, request.user)
    reaches_whole = selectors.reaches_whole(section, request.user)
    grants = section.grants.select_related("user", "role").order_by("role", "user")  # type: ignore[attr-defined]
    context = {
        "section": section,
        "members": members.exclude(valid_until__lte=today),
        "former": members.filter(valid_until__lte=today),
        # A role in a section is held in all its units, so it is shown to who reaches them all.
        "grants": grants.exclude(valid_until__lte=today) if reaches_whole else [],
        "reaches_whole": reaches_whole,
        "counts": selectors.counts_of(section, request.user),
        "form": form,
        "may_change": _may_change(request),
        "crumbs": _crumbs((section.name, "")),
    }
    return render(request, "regions/section.html", context, status=status)


@requires(CHANGE)
@require_POST
def section_add_unit(request: HttpRequest, code: str) -> HttpResponse:
    """Put a unit into the section."""
    section = _section(request, code, CHANGE)
    form = SectionUnitForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            services.add_unit(
                section,
                form.cleaned_data["unit"],
                by=request.user,
                valid_from=form.cleaned_data["valid_from"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("regions:section", section.code)
    return _page(request, section, form, 422)


@requires(CHANGE)
@require_POST
def section_remove_unit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take a unit out of the section today."""
    section = _section(request, code, CHANGE)
    member = get_object_or_404(SectionUnit.objects.select_related("unit", "section"),
                               section=section, pk=pk)  # fmt: skip
    services.remove_unit(member, by=request.user)
    messages.success(request, _("{unit} left the section.").format(unit=member.unit.name))
    return redirect("regions:section", section.code)


@requires(CHANGE)
def company_new(request: HttpRequest) -> HttpResponse:
    """Enter a company, or give one another name."""
    form = CompanyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_company(by=request.user, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("regions:sections")
    context = {"form": form, "company": True, "crumbs": _crumbs((_("New company"), ""))}
    status = 422 if request.method == "POST" else 200
    return render(request, "regions/section_form.html", context, status=status)
