"""Requests on ready forms: the catalogue, writing, submitting, files (WF-01)."""

from itertools import groupby
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.approvals import facts_of_request, lines_of_request
from approvals.forms.requests import RequestForm
from approvals.models import REQUEST_KIND, Approval, Decision, Request, RequestFile, Verb
from approvals.ready import Ready, forms
from approvals.services.requests import (
    FORM,
    detach_from_request,
    drop_request,
    most_bytes,
    submit_request,
    write_request,
)
from approvals.shown import drawing_of_route
from approvals.views.common import crumbs, state_badge
from core.access import signed_in
from core.attachments import send
from core.drafts.page import open_draft
from core.errors import Refused
from core.htmx import ask, leave
from core.saving import status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])
RECENT = 20
SUBMIT = "submit"  # the button; every other one keeps a draft


def request_or_404(request: HttpRequest, pk: int) -> Request:
    """The request in reach. Foreign and missing ones look the same: 404."""
    rows = Request.objects.visible_to(request.user).filter(pk=pk)
    paper: Request | None = rows.select_related("applicant", "unit").first()
    if paper is None:
        raise Http404("request")
    return paper


def own_or_403(request: HttpRequest, pk: int) -> Request:
    """The reader's own request."""
    paper = request_or_404(request, pk)
    if paper.applicant_id != request.user.pk:
        raise PermissionDenied("request")
    return paper


@signed_in
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """The ready forms, and what the reader wrote lately."""
    ready = sorted(forms().values(), key=lambda one: one.group)
    mine = Request.objects.filter(applicant=request.user.pk).order_by("-pk")[:RECENT]
    context = {
        "groups": [(name, list(some)) for name, some in groupby(ready, key=lambda one: one.group)],
        "mine": [
            {"paper": one, "state": state_badge(one), "form": _name(one.form)} for one in mine
        ],
        "crumbs": crumbs((_("New request"), "")),
    }
    return render(request, "approvals/catalogue.html", context)


def _name(form: str) -> str:
    known = forms().get(form)
    return known.name if known else form


@signed_in
@SEND
def request_new(request: HttpRequest) -> HttpResponse:
    """Write a request on the form that the address names."""
    ready = forms().get(request.GET.get("form", ""))
    if ready is None:
        return redirect("approvals:requests")
    return _write(request, ready, None)


@signed_in
@SEND
def request_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an own request that is a draft, was sent back or withdrawn."""
    paper = own_or_403(request, pk)
    ready = forms().get(paper.form)
    if ready is None or not paper.is_writable:
        return redirect(paper)
    return _write(request, ready, paper)


def _write(request: HttpRequest, ready: Ready, paper: Request | None) -> HttpResponse:
    draft = open_draft(request, f"{FORM.name}:{paper.pk if paper else ready.key}")
    form = RequestForm(
        request.POST or None,
        ready=ready,
        user=request.user,
        paper=paper,
        complete=request.POST.get("act") == SUBMIT,
        initial=(draft.restored or QueryDict()).dict(),
    )
    if request.method == "POST" and form.is_valid() and not draft.refused:
        try:
            done = write_request(by=request.user, request=paper, draft=draft.row, **form.facts())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _written(request, done, form)
    name = paper.title if paper else ready.name
    context = {
        "form": form,
        "ready": ready,
        "paper": paper,
        "files": list(paper.files.order_by("pk")) if paper else [],
        "draft": draft,
        "most_bytes": most_bytes(),
        "request_key": request.POST.get("request_key") or uuid4().hex,
        "back": paper.get_absolute_url() if paper else reverse("approvals:requests"),
        "crumbs": crumbs((_("New request"), reverse("approvals:requests")), (name, "")),
    }
    return render(request, "approvals/request_form.html", context, status=status_of(request))


def _written(request: HttpRequest, paper: Request, form: RequestForm) -> HttpResponse:
    """After saving: the submission if that was the button. Nothing typed is lost by a refusal here:
    the request is kept as a draft and says what is missing."""
    if request.POST.get("act") != SUBMIT:
        messages.success(request, _("The request is saved."))
        return redirect(paper)
    first = form.cleaned_data.get("first")
    return _submitted(request, paper, [first] if first else [])


def _submitted(request: HttpRequest, paper: Request, first: list[Any]) -> HttpResponse:
    chosen = {step.key: first for step in _chosen_steps(paper)} if first else {}
    try:
        approval = submit_request(
            paper, by=request.user, chosen=chosen, request_key=request.POST.get("request_key", "")
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(paper)
    messages.success(request, _("Submitted for approval."))
    return redirect(approval)


def _chosen_steps(paper: Request) -> list[Any]:
    """The step of a free flow for which the applicant names somebody."""
    from approvals.services import route

    steps = route(REQUEST_KIND, facts_of_request(paper), paper.applicant)
    return [one.step for one in steps if one.why == "choice"][:1]


@signed_in
@SEND
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A request before it is submitted, or with the way to its approval; a post submits it."""
    paper = request_or_404(request, pk)
    mine = paper.applicant_id == request.user.pk
    if request.method == "POST":
        if not mine:
            raise PermissionDenied("request")
        return _submitted(request, paper, [])
    approval = _approval_of(request, paper)
    if approval is not None and not (mine and paper.is_writable):
        return redirect(approval)
    drawing, problem = drawing_of_route(REQUEST_KIND, paper, request.user)
    context = {
        "paper": paper,
        "form_name": _name(paper.form),
        "lines": lines_of_request(paper),
        "files": list(paper.files.order_by("pk")),
        "state": state_badge(paper),
        "approval": approval,
        "sent_back": _sent_back(approval),
        "drawing": drawing,
        "problem": problem,
        "is_free": _is_free(paper),
        "request_key": uuid4().hex,
        "crumbs": crumbs((_("New request"), reverse("approvals:requests")), (paper.title, "")),
    }
    return render(request, "approvals/request.html", context)


def _sent_back(approval: Approval | None) -> Decision | None:
    """Who sent a paper back last, and why."""
    if approval is None:
        return None
    rows = approval.decisions.filter(verb=Verb.SEND_BACK).select_related("by")
    return rows.order_by("-pk").first()


def _is_free(paper: Request) -> bool:
    known = forms().get(paper.form)
    return known is not None and known.model == "free"


def _approval_of(request: HttpRequest, paper: Request) -> Approval | None:
    rows = Approval.objects.visible_to(request.user)
    found = rows.filter(subject_kind=REQUEST_KIND, subject_id=paper.pk)
    latest: Approval | None = found.order_by("-pk").first()
    return latest


@signed_in
@SEND
def request_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an own draft after a question."""
    paper = own_or_403(request, pk)
    refused: list[str] = []
    if request.method == "POST":
        try:
            drop_request(paper, by=request.user)
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, _("The draft is deleted."))
            return leave(request, reverse("approvals:requests"))
    context = {
        "title": _("Delete the draft {title}?").format(title=paper.title),
        "effect": _("The draft and its files are deleted for good."),
        "action": request.path,
        "verb": _("Delete the draft"),
        "danger": True,
        "refused": refused,
        "cancel_url": paper.get_absolute_url(),
    }
    return ask(request, context, status_of(request))


@signed_in
@require_safe
def request_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A file of a request, for whoever sees the request."""
    return send(request, _file_or_404(request, pk, file_pk))


@signed_in
@require_POST
def request_file_remove(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Remove a file from an own request that may still be changed."""
    paper = own_or_403(request, pk)
    file = _file_or_404(request, pk, file_pk)
    try:
        detach_from_request(file, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{file} was removed.").format(file=file.name))
    return redirect("approvals:request-edit", paper.pk)


def _file_or_404(request: HttpRequest, pk: int, file_pk: int) -> RequestFile:
    rows = RequestFile.objects.visible_to(request.user).filter(request=pk, pk=file_pk)
    file: RequestFile | None = rows.select_related("request").first()
    if file is None:
        raise Http404("file")
    return file
