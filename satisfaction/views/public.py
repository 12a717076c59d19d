"""The public form: one link, one answer, on any telephone, without script (W11, SAT-04).

Nobody is signed in here and no session is kept. Pages bear no name and no room. Whatever is wrong
with a link, the answer is the same, word for word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.visitors import address_of, from_office
from core.access import public
from core.errors import QuotaExceeded
from satisfaction.models import QuestionnaireVersion
from satisfaction.privacy import NOTICE_VERSION, TAKEN_VERSIONS
from satisfaction.services.answering import Kept, Read, answers_of, missing, read_post
from satisfaction.services.drafts import keep_draft
from satisfaction.services.links import link_of
from satisfaction.services.misses import may_miss
from satisfaction.services.on_site import device_of, new_number
from satisfaction.services.opening import note_opened
from satisfaction.services.submitting import Gone, How, submit
from satisfaction.views import visits
from satisfaction.views.pages import Step, items_of, step_at, way_through
from satisfaction.views.questions import question_rows
from satisfaction.views.visits import Visit, visit_of

GONE, CONFUSED, UNREAD, TOO_OFTEN = 410, 409, 422, 429
View = Callable[..., HttpResponse]

# Texts of frozen versions that are the same for everybody, written once a process.
Texts = dict[tuple[Any, ...], str]
_blank: Texts = {}
_thanks: Texts = {}
MOST_TEXTS = 256


def _remember(texts: Texts, key: tuple[Any, ...], text: str) -> None:
    if len(texts) >= MOST_TEXTS:
        texts.clear()
    texts[key] = text


def survey_page(view: View) -> View:
    """Answer in the language of the form; tell nobody where people come from, keep no copy."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = visits.language_of(request)
        with translation.override(language):
            try:
                response = view(request, *args, **kwargs)
            except Gone:
                response = _gone(request)
            except QuotaExceeded as refusal:
                response = _sentence(str(refusal), status=TOO_OFTEN)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store, private"
        response["Content-Language"] = language
        if "lang" in request.GET or "lang" in request.POST:
            visits.choose_language(response, language)
        return response

    return public(answer)


@survey_page
@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Move the token out of the address. Nothing is written: chat programs look at links too."""
    if len(token) > visits.LONGEST_TOKEN or link_of(token) is None:
        return _gone(request)
    return visits.begin(_to_form(), token)


@survey_page
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """On a device that was handed over: a fresh form for the next owner."""
    if device_of(request.COOKIES.get(visits.DEVICE_COOKIE, "")) is None:
        return _gone(request)
    return visits.begin(_to_form(), f"{visits.ON_SITE}{new_number()}")


@survey_page
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    """One page of the form; a POST keeps it and goes on, the last one hands everything in."""
    visit = visit_of(request)
    if visit is None:
        return _gone(request)
    if request.method == "POST":
        if request.POST.get("mark") != visit.mark:
            sentence = _("Another form was opened in this browser. Please open your link again.")
            return _sentence(sentence, status=CONFUSED)
        return _Turn(request, visit).answer()
    number, kept = request.GET.get("page", ""), visit.kept
    way = way_through(visit.pages, kept)
    step = step_at(way, int(number[:3]) if number.isdecimal() else visit.at)
    problems = missing(step.items, kept) if "check" in request.GET else {}
    return _show(request, visit, step, kept, problems)


@survey_page
@require_safe
def thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """Words of thanks; on a device the way to the next owner and back to work."""
    ticket = request.COOKIES.get(visits.DEVICE_COOKIE, "")
    key = (pk, translation.get_language())
    if not ticket and key in _thanks:
        return HttpResponse(_thanks[key])
    version = QuestionnaireVersion.objects.filter(pk=pk).first()
    context = {"version": version, "is_device": device_of(ticket) is not None}
    text = render_to_string("satisfaction/public/thanks.html", _frame(context))
    if not ticket and version is not None and version.frozen_at is not None:
        _remember(_thanks, key, text)
    return HttpResponse(text)


@survey_page
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What becomes of answers."""
    context = {"notice": NOTICE_VERSION}
    return HttpResponse(render_to_string("satisfaction/public/privacy.html", _frame(context)))


@dataclass(frozen=True, slots=True)
class _Turn:
    """A page that was sent."""

    request: HttpRequest
    visit: Visit

    def answer(self) -> HttpResponse:
        """Keep what can be taken, then show what is wrong, turn the page, or hand in."""
        post = self.request.POST
        pages = self.visit.pages
        number = int(post["page"][:3]) if post.get("page", "").isdecimal() else 1
        page = pages[min(max(number, 1), len(pages)) - 1]
        read = read_post(page.items, post)
        kept = {**self.visit.kept, **self._good(read)}
        way = way_through(pages, kept)
        step = step_at(way, number)
        if "back" in post or "lang" in post:
            earlier = [one for one in way if one.number < number]
            target = earlier[-1] if "back" in post and earlier else step
            return self._turn_to(target, read)
        if self._grew(step):
            return self._turn_to(step, read)
        problems = missing(step.items, kept) | read.problems
        if problems:
            self._keep(read, number)
            return _show(self.request, self.visit, step, {**kept, **read.entries}, problems)
        later = [one for one in way if one.number > number]
        return self._turn_to(later[0], read) if later else self._hand_in(kept, read)

    def _good(self, read: Read) -> Kept:
        return {
            key: entry for key, entry in read.entries.items() if int(key) not in read.problems
        } | {key: self._in_scale(key, read) for key in map(str, read.problems)}

    @staticmethod
    def _in_scale(key: str, read: Read) -> dict[str, Any]:
        """What stays of an item one part of which cannot be taken: the other numbers."""
        return {name: value for name, value in read.entries[key].items() if name != "t"}

    def _grew(self, step: Step) -> bool:
        """Whether an answer on this page made it ask more than it showed."""
        shown = set(self.request.POST.getlist("q"))
        return not {str(item.pk) for item in step.items} <= shown

    def _keep(self, read: Read, page: int) -> None:
        keep_draft(self.visit.key, self.visit.wave, self._good(read), page=page)
        if self.visit.link is not None:
            note_opened(self.visit.link)

    def _turn_to(self, step: Step, read: Read) -> HttpResponse:
        self._keep(read, step.number)
        return _to_form(step.number)

    def _hand_in(self, kept: Kept, read: Read) -> HttpResponse:
        visit = self.visit
        notice = self.request.POST.get("notice", "")
        if notice not in TAKEN_VERSIONS:
            sentence = _("This form is out of date. Please open your link again.")
            return _sentence(sentence, status=400)
        way = way_through(visit.pages, kept)
        for step in way:
            if missing(step.items, kept):
                self._keep(read, step.number)
                return _to_form(step.number, check=True)
        items = items_of(visit.pages)
        answers = answers_of(items, kept)
        if not answers:
            self._keep(read, 1)
            sentence = _("Please answer at least one question.")
            return _show(self.request, visit, way[0], kept, {}, sentence)
        how = How(notice, translation.get_language() or "", visit.seconds, by=visit.by)
        by_key = {item.pk: item for item in items}
        submit(answers, by_key, how, token=visit.token, on_site=visit.on_site)
        return visits.end(HttpResponseRedirect(reverse("survey:thanks", args=[visit.version])))


def _to_form(page: int = 0, *, check: bool = False) -> HttpResponse:
    query = (f"?page={page}" if page else "") + ("&check=1" if check else "")
    return HttpResponseRedirect(reverse("survey:form") + query)


def _show(
    request: HttpRequest,
    visit: Visit,
    step: Step,
    kept: Kept,
    problems: Mapping[int, str],
    refusal: str = "",
) -> HttpResponse:
    version = QuestionnaireVersion.objects.select_related("questionnaire").get(pk=visit.version)
    context = {
        "visit": visit,
        "version": version,
        "is_anonymous": visit.is_anonymous,
        "step": step,
        "questions": _questions(version, step, kept, problems),
        "is_last": step.place == step.of,
        "is_kept": bool(kept),
        "problems": len(problems),
        "refusal": refusal,
        "notice": NOTICE_VERSION,
        "csrf_token": get_token(request),
    }
    text = render_to_string("satisfaction/public/form.html", _frame(context))
    return HttpResponse(text, status=UNREAD if problems or refusal else 200)


def _questions(
    version: QuestionnaireVersion, step: Step, kept: Kept, problems: Mapping[int, str]
) -> str:
    """The questions of a page. As most people meet them, with nothing answered yet, they are the
    same for everybody and are written once a process, if the version is frozen."""
    key = (version.pk, step.number, translation.get_language(), *(item.pk for item in step.items))
    answered = any(kept.get(str(item.pk)) for item in step.items)
    is_blank = version.frozen_at is not None and not answered and not problems
    if is_blank and key in _blank:
        return _blank[key]
    rows = question_rows(step.items, kept, problems, version.questionnaire.kind)
    text = render_to_string("satisfaction/_questions.html", {"rows": rows})
    if is_blank:
        _remember(_blank, key, text)
    return text


def _gone(request: HttpRequest) -> HttpResponse:
    """One answer for all that cannot be answered; slow for whoever tries many."""
    address = address_of(request)
    if not may_miss(address, is_office=from_office(address)):
        sentence = _("This was asked for more often than is allowed.")
        return _sentence(sentence, status=TOO_OFTEN)
    return _sentence(str(Gone()), status=GONE)


def _sentence(sentence: str, *, status: int) -> HttpResponse:
    text = render_to_string("satisfaction/public/sentence.html", _frame({"sentence": sentence}))
    return HttpResponse(text, status=status)


def _frame(context: dict[str, Any]) -> dict[str, Any]:
    """What every public page needs besides."""
    return {"LANGUAGE_CODE": translation.get_language(), **context}
