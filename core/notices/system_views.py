"""Pages of administrators: the outbox, and the webhooks that other systems get."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fresh, fresh_if, requires
from core.doctor import Level
from core.errors import Refused
from core.htmx import page_or_rows, wants_rows
from core.models import OutboxMessage, OutboxState, WebhookTarget
from core.notices import outbox, selectors, webhooks
from core.notices.events import EVENTS
from core.notices.forms import OutboxFilter, WebhookForm
from core.notices.health import findings
from core.notices.kinds import KINDS

OUTBOX = "core.manage_outbox"
WEBHOOKS = "core.manage_webhooks"
REFUSED_FORM = 422
LOGGED = 20
TONES = {
    OutboxState.WAITING: "info",
    OutboxState.SENDING: "info",
    OutboxState.SENT: "ok",
    OutboxState.FAILED: "bad",
    OutboxState.DOUBT: "warn",
    OutboxState.CANCELLED: "off",
}


def _dressed(message: Any) -> Any:
    """A message with what its row shows beside its columns."""
    message.tone = TONES[OutboxState(message.state)]
    kind = KINDS.get(message.kind) or EVENTS.get(message.kind)
    message.title = kind.title if kind else message.subject
    message.may_resend = message.state in outbox.RESENDABLE
    return message


# --- the outbox ---------------------------------------------------------------------------------


@requires(OUTBOX, whole_group=True)
@require_safe
def outbox_list(request: HttpRequest) -> HttpResponse:
    """Mails and webhooks with their state. Their texts are for their receivers, not shown here."""
    form = OutboxFilter(request.GET)
    found: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    page = selectors.outbox_page(
        state=found.get("state", ""),
        channel=found.get("channel", ""),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    for row in page.rows:
        _dressed(row)
    context = {
        "page": page,
        "filter_form": form,
        "troubles": [one for one in findings() if one.level != Level.OK],
        "bulk_actions": [
            (_("Send again"), reverse("core:outbox-resend"), "send"),
            (_("Cancel"), reverse("core:outbox-cancel"), "x"),
        ],
        "crumbs": [(_("Outbox"), "")],
    }
    return page_or_rows(
        request, "core/notices/outbox.html", "core/notices/_outbox_rows.html", context
    )


@requires(OUTBOX, whole_group=True)
@require_safe
def outbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: its facts, every try, and what may be done about it."""
    rows = OutboxMessage.objects.select_related("target", "user").defer("text", "html", "payload")
    message = _dressed(get_object_or_404(rows, pk=pk))
    tries: list[Any] = list(outbox.tries_of(message))
    for attempt in tries:
        attempt.tone = TONES[OutboxState(attempt.state)]
    context = {
        "message": message,
        "tries": tries,
        "may_resend": message.state in outbox.RESENDABLE,
        "may_confirm": message.state == OutboxState.DOUBT,
        "may_cancel": message.state in outbox.CANCELLABLE,
        "crumbs": [(_("Outbox"), reverse("core:outbox")), (str(message.title), "")],
    }
    return render(request, "core/notices/outbox_message.html", context)


def _act(
    request: HttpRequest, verb: Callable[..., int], said: Callable[[int], str]
) -> HttpResponse:
    """Do a verb to the ticked messages and say how many it concerned."""
    picked = [value for value in request.POST.getlist("pick") if value.isdecimal()]
    rows: QuerySet[OutboxMessage] = OutboxMessage.objects.filter(pk__in=picked)
    try:
        messages.success(request, said(verb(rows, by=request.user)))
    except Refused as refusal:
        messages.warning(request, str(refusal))
    if len(picked) == 1 and rows.exists():
        return redirect("core:outbox-message", picked[0])
    return redirect("core:outbox")


@requires(OUTBOX, whole_group=True)
@require_POST
def outbox_resend(request: HttpRequest) -> HttpResponse:
    """Let ticked messages be sent again."""

    def said(count: int) -> str:
        words = ngettext(
            "{count} message waits to be sent.", "{count} messages wait to be sent.", count
        )
        return words.format(count=count)

    return _act(request, outbox.resend, said)


@requires(OUTBOX, whole_group=True)
@require_POST
def outbox_confirm(request: HttpRequest) -> HttpResponse:
    """Record that ticked mails in doubt did arrive."""

    def said(count: int) -> str:
        words = ngettext(
            "{count} mail was recorded as sent.", "{count} mails were recorded as sent.", count
        )
        return words.format(count=count)

    return _act(request, outbox.confirm, said)


@requires(OUTBOX, whole_group=True)
@require_POST
def outbox_cancel(request: HttpRequest) -> HttpResponse:
    """Keep ticked messages from being sent."""

    def said(count: int) -> str:
        words = ngettext(
            "{count} message will not be sent.", "{count} messages will not be sent.", count
        )
        return words.format(count=count)

    return _act(request, outbox.cancel, said)


# --- webhooks -----------------------------------------------------------------------------------


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Webhooks"), reverse("core:webhooks")), *more]


@requires(WEBHOOKS, whole_group=True)
@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    """The targets with how their last message fared."""
    targets = list(WebhookTarget.objects.all())
    last: dict[int, OutboxMessage] = {
        row.target_id: _dressed(row)  # type: ignore[misc]
        for row in OutboxMessage.objects.filter(target__in=targets)
        .order_by("target_id", "-id")
        .distinct("target_id")
        .defer("text", "html", "payload")
    }
    for target in targets:
        target.last = last.get(target.pk)  # type: ignore[attr-defined]
    context = {"targets": targets, "crumbs": [(_("Webhooks"), "")]}
    return render(request, "core/notices/webhooks.html", context)


@fresh
@requires(WEBHOOKS, whole_group=True)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """A new target; its secret is shown in the answer and never again."""
    return _edit(request, WebhookTarget(), _("New webhook"))


def _sends(request: HttpRequest, pk: int) -> bool:
    return request.method == "POST"


@fresh_if(_sends)
@requires(WEBHOOKS, whole_group=True)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One target: its settings, its last messages, its acts."""
    target = get_object_or_404(WebhookTarget.objects.select_related("key"), pk=pk)
    return _edit(request, target, target.name)


@sensitive_variables("secret")
def _edit(request: HttpRequest, target: WebhookTarget, title: str) -> HttpResponse:
    form = WebhookForm(request.POST or None, instance=target)
    if form.is_valid():
        try:
            secret = webhooks.save_target(target, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("url", str(refusal))
        else:
            if secret:
                return _secret_page(request, target, secret)
            messages.success(request, _("The webhook was saved."))
            return redirect("core:webhook", target.pk)
    log = OutboxMessage.objects.filter(target=target.pk).defer("text", "html", "payload")
    context = {
        "form": form,
        "target": target,
        "title": title,
        "log": [_dressed(row) for row in log.order_by("-id")[:LOGGED]] if target.pk else [],
        "crumbs": _crumbs((title, "")),
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "core/notices/webhook.html", context, status=status)


def _secret_page(request: HttpRequest, target: WebhookTarget, secret: str) -> HttpResponse:
    context = {
        "target": target,
        "secret": secret,
        "crumbs": _crumbs((target.name, reverse("core:webhook", args=[target.pk]))),
    }
    return render(request, "core/notices/webhook_secret.html", context)


@requires(WEBHOOKS, whole_group=True)
@require_POST
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an invented message; the log shows within seconds what the target said."""
    target = get_object_or_404(WebhookTarget, pk=pk)
    try:
        webhooks.send_test(target, by=request.user)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("A test is on its way. See below how it fared."))
    return redirect("core:webhook", pk)


@requires(WEBHOOKS, whole_group=True)
@require_POST
def webhook_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message of the log again, or all that failed."""
    target = get_object_or_404(WebhookTarget, pk=pk)
    rows: QuerySet[OutboxMessage] = OutboxMessage.objects.filter(target=target)
    picked = request.POST.get("message", "")
    if picked:
        rows = rows.filter(pk=picked if picked.isdecimal() and len(picked) < 19 else 0)
    try:
        if not target.is_active:
            raise Refused(_("This webhook is switched off. Switch it on before sending again."))
        count = outbox.resend(rows, by=request.user)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        words = ngettext(
            "{count} message waits to be sent.", "{count} messages wait to be sent.", count
        )
        messages.success(request, words.format(count=count))
    return redirect("core:webhook", pk)


@fresh
@requires(WEBHOOKS, whole_group=True)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace the secret, which the other side must then learn."""
    target = get_object_or_404(WebhookTarget.objects.select_related("key"), pk=pk)
    if request.method == "POST":
        return _secret_page(request, target, webhooks.renew_secret(target, by=request.user))
    context = {
        "target": target,
        "crumbs": _crumbs((target.name, reverse("core:webhook", args=[pk]))),
    }
    return render(request, "core/notices/webhook_renew.html", context)


@fresh
@requires(WEBHOOKS, whole_group=True)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a target after a question."""
    target = get_object_or_404(WebhookTarget.objects.select_related("key"), pk=pk)
    if request.method == "POST":
        webhooks.delete_target(target, by=request.user)
        messages.success(request, _("The webhook was deleted."))
        answer = HttpResponse(status=204) if wants_rows(request) else redirect("core:webhooks")
        if wants_rows(request):
            answer["HX-Redirect"] = reverse("core:webhooks")
        return answer
    context = {
        "title": _("Delete the webhook {name}?").format(name=target.name),
        "effect": _("Its secret and its log are deleted too. This cannot be undone."),
        "action": request.path,
        "verb": _("Delete"),
        "danger": True,
        "cancel_url": reverse("core:webhook", args=[pk]),
    }
    dialog = "components/confirm.html" if wants_rows(request) else "components/confirm_page.html"
    return render(request, dialog, context)
