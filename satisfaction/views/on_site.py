"""Handing the device to owners: the log-in ends here, a ticket for the form remains."""

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import requires
from core.errors import Refused
from satisfaction.forms.answers import HandOverForm
from satisfaction.models import Wave
from satisfaction.services.on_site import RIGHT, hand_device_over, projects_for
from satisfaction.views.visits import give_ticket
from satisfaction.views.waves import wave_crumbs


def wave_or_404(request: HttpRequest, code: str, permission: str) -> Wave:
    """The wave in reach of a right; foreign and missing ones look the same."""
    waves = Wave.objects.visible_to(request.user, permission).select_related("unit", "version")
    wave = waves.filter(code=code).first()
    if wave is None:
        raise Http404("wave")
    return wave


@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, code: str) -> HttpResponse:
    """Choose the project, sign out, and give the device away."""
    wave = wave_or_404(request, code, RIGHT)
    projects = projects_for(wave, request.user)
    initial = {"unit": projects[0].code} if len(projects[:2]) == 1 else {}
    form = HandOverForm(request.POST or None, wave=wave, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            ticket = hand_device_over(wave, data["unit"], stage=data["stage"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            return give_ticket(redirect("survey:start"), ticket)
    context = {
        "wave": wave,
        "form": form,
        "crumbs": wave_crumbs(wave, (_("On-site form"), "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "satisfaction/on_site.html", context, status=status)
