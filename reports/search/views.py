"""The search box and its page."""

from dataclasses import replace
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.access import signed_in
from customers.selectors.terms import Term, from_mark, mark_of, understand
from reports.search import memory
from reports.search.kinds import KINDS, MOST, asked_of
from reports.search.kinds import search as search_all

MARKS = Signer(salt="search.mark")
SHOWN, QUICK = 5, 3
LONGEST = 80


@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """Search over everything in reach. The box posts, so that full numbers never stand in an
    address: the answer redirects to an address with the text, or with a keyed mark for numbers."""
    if request.method == "POST":
        return _redirect(request)
    term = _term(request)
    if term.everything and term.text:
        return redirect("customers:list")
    only = request.GET.get("kind", "")
    only = only if only in KINDS else ""
    asked = asked_of(term)
    shown = MOST - 1 if only else SHOWN
    groups = search_all(request.user, asked, shown=shown, only=only)
    address = {"mark": request.GET["mark"]} if "mark" in request.GET else {"q": term.text}
    context = {
        "term": term,
        "groups": groups,
        "marks": asked.marks,
        "only": KINDS.get(only),
        "search_text": "" if term.personal else term.text,
        "address": urlencode(address),
        "memory": memory.memory_of(request.user) if term.everything else None,
        "crumbs": [(_("Search"), "")],
    }
    return render(request, "reports/search.html", context)


@signed_in
@require_POST
def search_quick(request: HttpRequest) -> HttpResponse:
    """The first hits of each kind below the box while somebody types; what he searched for and
    opened before, while nothing is typed. Nothing is remembered of it."""
    term = understand(request.POST.get("q", "")[:LONGEST].strip())
    asked = asked_of(term)
    context = {
        "term": term,
        "groups": search_all(request.user, asked, shown=QUICK),
        "marks": asked.marks,
        "memory": memory.memory_of(request.user) if term.everything else None,
    }
    return render(request, "reports/_search_quick.html", context)


@signed_in
@require_POST
def search_chosen(request: HttpRequest) -> HttpResponse:
    """Remember which result was opened; said by the page as it leaves."""
    pk = request.POST.get("pk", "")
    if pk.isascii() and pk.isdecimal() and len(pk) < 12:
        memory.remember_thing(request.user, request.POST.get("kind", ""), int(pk))
    return HttpResponse(status=204)


@signed_in
@require_POST
def search_forget(request: HttpRequest) -> HttpResponse:
    """Forget what is remembered of one's searches."""
    memory.forget(request.user)
    return redirect("search")


def _redirect(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("q", "")[:LONGEST].strip()
    term = understand(text)
    if term.personal and term.forms:
        query = {"mark": MARKS.sign_object(mark_of(term))}
    elif term.personal:
        query = {"mark": MARKS.sign_object([])}
    else:
        query = {"q": text}
        memory.remember_text(request.user, term)
    return redirect(f"{reverse('search')}?{urlencode(query)}")


def _term(request: HttpRequest) -> Term:
    """The term of the address; a mark finds without the number itself."""
    if mark := request.GET.get("mark"):
        try:
            return from_mark(MARKS.unsign_object(mark))
        except (BadSignature, ValueError, TypeError):
            return Term(
                "", problem=_("This search address is not valid any more. Please search again.")
            )
    term = understand(request.GET.get("q", "")[:LONGEST])
    if term.personal:
        return replace(
            term,
            forms=[],
            problem=_("Please search full numbers in the box at the top of the page."),
        )
    return term
