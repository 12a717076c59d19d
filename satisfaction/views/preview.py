"""A questionnaire as the owner will see it, in both languages, at the width of a phone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from core.access import requires
from satisfaction.selectors.questionnaires import FormPage, form_pages
from satisfaction.views.questionnaires import SEE, address, version_or_404
from satisfaction.views.questions import only_words, question_rows

CHINESE, ENGLISH = ("zh-hans", "中文"), ("en", "English")


@requires(SEE, whole_group=True)
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """All pages of a version below one another; `lang` in the address is the owner's language."""
    version = version_or_404(request, pk)
    language = ENGLISH if request.GET.get("lang") == ENGLISH[0] else CHINESE
    kind = version.questionnaire.kind
    with translation.override(language[0]):
        context = {
            "questionnaire": version.questionnaire,
            "version": version,
            "pages": [_page(page, kind) for page in form_pages(version)],
            "other": CHINESE if language is ENGLISH else ENGLISH,
            "back": f"{address(pk)}?version={version.number}",
            "LANGUAGE_CODE": language[0],
        }
        return render(request, "satisfaction/preview.html", context)


def _page(page: FormPage, kind: str) -> dict[str, Any]:
    rows = question_rows(page.items, {}, {}, kind)
    return {
        "title": page.section.shown_title if page.section else "",
        "rows": [
            row | {"only": only_words(item)} for item, row in zip(page.items, rows, strict=True)
        ],
    }
