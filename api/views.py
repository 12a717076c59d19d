"""The description of the API, and the pages of tokens."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import PROBLEM, told
from api.forms import TokenForm
from api.models import USE, ApiToken
from api.queries import SHOWN, unknown_words
from api.schema import description
from api.services import issue, revoke
from api.services.tokens import longest_life
from core.access import fresh, public, requires
from core.errors import Refused
from core.keyset import Order
from core.paging import page_of_rows

NEWEST = Order("-made", "created_at", descending=True, kind="time")


@public
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1. Public, as the source is: it names fields, never a row."""
    if request.GET:
        return _no_parameters(next(iter(request.GET)))
    answer = JsonResponse(description(), json_dumps_params={"ensure_ascii": False})
    answer["Content-Type"] = "application/vnd.oai.openapi+json"
    answer["Cache-Control"] = "public, max-age=300"
    return answer


def _no_parameters(name: str) -> HttpResponse:
    """As every other address of the API answers a parameter that it does not know."""
    body = told(400, _("Please check what was sent.")).data
    body["errors"] = {name[:SHOWN]: [unknown_words(name, ())]}
    return JsonResponse(
        body, status=400, content_type=PROBLEM, json_dumps_params={"ensure_ascii": False}
    )


@requires(USE)
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """The description to read and to try with a token of one's own; nothing is loaded from outside,
    and the session of the browser opens nothing there."""
    crumbs = [(_("API tokens"), reverse("api:tokens")), (_("API reference"), "")]
    return render(request, "api/reference.html", {"crumbs": crumbs})


@requires(USE)
@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens, and for administrators those of the people in their reach."""
    rows = ApiToken.objects.visible_to(request.user).select_related("user")
    page = page_of_rows(
        rows, NEWEST, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context = {"page": page, "crumbs": [(_("API tokens"), "")]}
    return render(request, "api/tokens.html", context)


@fresh
@requires(USE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token; its text stands in the answer and never again."""
    user: Any = request.user
    form = TokenForm(request.POST or None, longest=longest_life(user))
    crumbs = [(_("API tokens"), reverse("api:tokens")), (_("New token"), "")]
    if request.method == "POST" and form.is_valid():
        try:
            issued = issue(by=user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(request, "api/token_text.html", {"issued": issued, "crumbs": crumbs})
    context = {
        "form": form,
        "title": _("New token"),
        "back": reverse("api:tokens"),
        "verb": _("Make the token"),
        "crumbs": crumbs,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "components/plain_form.html", context, status=status)


@requires(USE)
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)
    revoke(token, by=request.user)
    messages.success(request, _("The token was revoked."))
    return redirect("api:tokens")
