"""What people wrote, by topic and tone (SAT-09)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from core.access import requires
from regions.policies import policy
from satisfaction.forms.results import RemarkFilter
from satisfaction.selectors.remarks import READ, SHOWN, count_topics, examples_of, remarks_of
from satisfaction.views.results import crumbs
from satisfaction.wording import hidden_text, topic_text


@requires(READ)
@require_safe
def remark_list(request: HttpRequest) -> HttpResponse:
    """Topics with counts, and the remarks of one of them or of a search."""
    form = RemarkFilter(request.GET, user=request.user)
    question = form.question
    context: dict[str, Any] = {"form": form, "crumbs": crumbs((pgettext("survey", "Remarks"), ""))}
    if question is not None:
        line, rows = remarks_of(request.user, question)
        found = examples_of(rows, form.asked)
        fewest = policy("satisfaction.minimum_n", unit=question.unit)
        context |= {
            "question": question,
            "hidden": hidden_text(line.hidden, fewest) if line else "",
            "topics": [{"topic": one, "label": topic_text(one.code)} for one in count_topics(rows)],
            "remarks": [
                {
                    "text": one.text,
                    "count": one.count,
                    "topics": [topic_text(code) for code in one.topics],
                    "tone": tone_badge(one.tone),
                }
                for one in found[:SHOWN]
            ],
            "has_more": len(found) > SHOWN,
            "asked": form.asked,
        }
    return render(request, "satisfaction/remarks.html", context)


def tone_badge(tone: int | None) -> dict[str, str] | None:
    """Label and tone of a remark that was read; None for one that nobody has read yet."""
    if tone is None:
        return None
    words = {1: _("positive"), 0: _("neutral"), -1: _("negative")}
    return {"tone": {1: "ok", 0: "off", -1: "bad"}[tone], "label": words[tone]}
