"""Mails that came in: the list, one mail, and what becomes of it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from complaints.forms.incoming import DismissForm, JoinForm
from complaints.models import IncomingFile, IncomingMail, MailState
from complaints.selectors.incoming import PARTS, files_of, mail_in_reach, mail_page
from complaints.services import incoming as verbs
from complaints.services.threads import case_named
from complaints.states import REGISTER
from complaints.views.common import case_in_reach
from core.access import requires
from core.attachments import send
from core.errors import Refused
from core.saving import saved, status_of

TITLES = {
    "waiting": pgettext_lazy("incoming mail", "Waiting"),
    "done": pgettext_lazy("incoming mail", "Part of a case"),
    "aside": pgettext_lazy("incoming mail", "Put aside"),
    "refused": pgettext_lazy("incoming mail", "Not taken over"),
}
TONES = {
    MailState.WAITING: ("warn", "mail"),
    MailState.REGISTERED: ("ok", "circle-check"),
    MailState.JOINED: ("ok", "link"),
    MailState.DISMISSED: ("off", "ban"),
    MailState.AUTOMATIC: ("off", "settings"),
    MailState.REFUSED: ("bad", "alert-triangle"),
}


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Complaints"), reverse("complaints:list")),
        (_("Incoming mail"), reverse("complaints:incoming") if more else ""),
        *more,
    ]


def mail_or_404(request: HttpRequest, pk: int) -> IncomingMail:
    """The mail in reach. Foreign and missing ones look the same: 404."""
    mail = mail_in_reach(request.user, pk)
    if mail is None:
        raise Http404("mail")
    return mail


def badge_of(mail: IncomingMail) -> dict[str, str]:
    """Label, tone and icon of a mail's state."""
    tone, icon = TONES[MailState(mail.state)]
    return {"label": mail.get_state_display(), "tone": tone, "icon": icon}


@requires(REGISTER)
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """The mails in reach that wait, or with ?show= those that ended one way or another."""
    part = request.GET.get("show", "")
    part = part if part in PARTS else "waiting"
    page = mail_page(
        request.user,
        part,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "rows": [{"mail": mail, "state": badge_of(mail)} for mail in page.rows],
        "part": part,
        "parts": [(name, title, name == part) for name, title in TITLES.items()],
        "has_mailbox": settings.CRM_MAILBOX is not None,
        "crumbs": _crumbs(),
    }
    return render(request, "complaints/incoming.html", context)


@requires(REGISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail; `act` adds it to a case, puts it aside, or takes it back."""
    mail = mail_or_404(request, pk)
    act = request.POST.get("act")
    if act == "restore":
        return _restore(request, mail)
    named = case_named(mail.title)
    offered = case_in_reach(request.user, named.pk) if named is not None else None
    join = JoinForm(
        request.POST if act == "join" else None,
        user=request.user,
        initial={"number": offered.number if offered is not None else ""},
    )
    aside = DismissForm(request.POST if act == "dismiss" else None)
    done = None
    if act == "join":
        done = saved(
            request, join, lambda data: _join(request, mail, data), _("The mail is added.")
        )
    if act == "dismiss":
        done = saved(
            request,
            aside,
            lambda data: verbs.dismiss_mail(mail, by=request.user, **data),
            _("The mail is put aside."),
        )
    if done is not None:
        return redirect("complaints:incoming")
    mail = mail_or_404(request, pk)  # a colleague may have been quicker
    context = {
        "mail": mail,
        "state": badge_of(mail),
        "taken": "" if mail.is_waiting else verbs.taken_by(mail),
        "files": files_of(mail),
        "case": case_in_reach(request.user, mail.case_id) if mail.case_id else None,
        "offered": offered,
        "join": join,
        "aside": aside,
        "restorable": mail.state in verbs.RESTORABLE,
        "crumbs": _crumbs((mail.title or _("Without subject"), "")),
    }
    return render(request, "complaints/incoming_mail.html", context, status=status_of(request))


def _join(request: HttpRequest, mail: IncomingMail, data: dict[str, Any]) -> Any:
    return verbs.join_mail(mail, by=request.user, case=data["number"])


def _restore(request: HttpRequest, mail: IncomingMail) -> HttpResponse:
    try:
        verbs.restore_mail(mail, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The mail waits again."))
    return redirect(mail.get_absolute_url())


@requires(REGISTER)
@require_safe
def mail_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A file of a mail: shown if it is a picture or a PDF, downloaded otherwise."""
    rows = IncomingFile.objects.visible_to(request.user, REGISTER)
    file = rows.filter(mail=pk, pk=file_pk).first()
    if file is None:
        raise Http404("file")
    return send(request, file)
