"""The description of the API, and a page to try it on."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from api.schema import description
from core.access import public


@public
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1. Public, as the source is: it names fields, never a row."""
    with translation.override("en"):
        answer = JsonResponse(description(), json_dumps_params={"ensure_ascii": False})
    answer["Content-Type"] = "application/vnd.oai.openapi+json"
    answer["Cache-Control"] = "public, max-age=300"
    return answer
