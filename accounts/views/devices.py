"""Where people are signed in: one's own devices, and those of people one administers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import factors
from accounts.forms.security import ResetFactorsForm
from accounts.models import SignedInDevice, User
from accounts.sessions import DEVICE, end_device, end_devices_of, seconds_left
from accounts.views.people import REFUSED_FORM
from accounts.visitors import person_of
from core.access import fresh, requires, signed_in
from core.errors import Refused
from core.htmx import wants_rows

ENDED_SHOWN = 10


@signed_in
@never_cache
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Where one is signed in, and where one lately was."""
    rows = SignedInDevice.objects.filter(user=person_of(request))
    context = {
        "living": rows.living().order_by("-last_used_at", "-pk"),
        "ended": rows.exclude(ended_at=None).order_by("-ended_at", "-pk")[:ENDED_SHOWN],
        "this": request.session.get(DEVICE),
        "crumbs": [
            (_("My settings"), reverse("accounts:settings")),
            (_("Signed-in devices"), ""),
        ],
    }
    return render(request, "accounts/devices.html", context)


@signed_in
@require_POST
def end_own(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one of one's own devices out."""
    device = get_object_or_404(SignedInDevice, user=person_of(request), pk=pk)
    if device.pk == request.session.get(DEVICE):
        return redirect("accounts:logout")
    end_device(device, by=person_of(request))
    messages.success(request, _("The device was signed out."))
    return redirect("accounts:devices")


@signed_in
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign all of one's own devices out but this one."""
    me = person_of(request)
    count = end_devices_of(me, by=me, keep=request.session.session_key)
    sentence = ngettext(
        "%(count)s device was signed out.", "%(count)s devices were signed out.", count
    )
    messages.success(request, sentence % {"count": count})
    return redirect("accounts:devices")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stay(request: HttpRequest) -> HttpResponse:
    """Seconds until the session ends, and a token for forms that were open across a log-in.

    A post of the person keeps the session alive; asking with X-Poll does not.
    """
    return JsonResponse({"left": seconds_left(request), "token": get_token(request)})


# --- of others ----------------------------------------------------------------------------------


@fresh
@requires("accounts.change_user")
@require_POST
def end_of_person(request: HttpRequest, employee_no: str) -> HttpResponse:
    """Sign somebody in reach out everywhere, or on the device named in the post."""
    who = _person(request, employee_no)
    picked = request.POST.get("device", "")
    if picked.isdecimal():
        end_device(
            get_object_or_404(SignedInDevice, user=who, pk=int(picked)), by=person_of(request)
        )
    else:
        end_devices_of(who, by=person_of(request))
    messages.success(request, _("{name} was signed out.").format(name=who.name))
    return redirect(who)


@fresh
@requires("accounts.change_user")
@require_http_methods(["GET", "HEAD", "POST"])
def reset_factors(request: HttpRequest, employee_no: str) -> HttpResponse:
    """Take the second factors of somebody away who has lost them."""
    who = _person(request, employee_no)
    form = ResetFactorsForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            factors.reset_factors(who, by=person_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            sentence = _("The second factors of {name} were removed.").format(name=who.name)
            messages.success(request, sentence)
            return _back_to(request, who)
    context = {
        "form": form,
        "title": _("Remove the second factors of {name}?").format(name=who.name),
        "effect": _(
            "The person is signed out everywhere and then logs in with the password alone. If the"
            " role asks for a second factor, nothing else opens until a new one is set up."
        ),
        "action": request.path,
        "verb": _("Remove the second factors"),
        "danger": True,
        "cancel_url": who.get_absolute_url(),
        "crumbs": [(_("People and access"), reverse("accounts:people")), (who.name, "")],
    }
    status = REFUSED_FORM if form.is_bound else 200
    page = "components/confirm.html" if wants_rows(request) else "components/confirm_page.html"
    return render(request, page, context, status=status)


def _back_to(request: HttpRequest, who: User) -> HttpResponse:
    """The person's page; a dialog is told to open it whole."""
    if not wants_rows(request):
        return redirect(who)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = who.get_absolute_url()
    return answer


def _person(request: HttpRequest, employee_no: str) -> User:
    reachable = User.objects.visible_to(person_of(request), "accounts.change_user")
    return get_object_or_404(reachable, employee_no=employee_no)
