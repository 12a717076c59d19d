"""The intake during a call (W7): who calls, what it is, who takes care of it, until when."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.services import record
from complaints.forms.intake import IntakeForm
from complaints.limits import due_at, limits_of, span_of
from complaints.models import Case, CaseKind, IncomingMail, LimitKind
from complaints.selectors.classes import offered_categories, offered_levels, proposed_category
from complaints.selectors.incoming import files_of, first_answers, mail_in_reach
from complaints.selectors.lookup import Found, Match, look_up
from complaints.selectors.similar import similar_cases
from complaints.services import register_case
from complaints.services.files import INTAKE
from complaints.services.incoming import register_mail, taken_by
from complaints.services.intake import proposed_level, top_of
from complaints.services.second_call import register_into
from complaints.states import REGISTER
from complaints.views.common import crumbs, handlers_of, rows_for, state_badge, subject_of
from complaints.warranty import warranty_end, warranty_on
from core.access import requires
from core.drafts.page import DraftPage, open_draft
from core.errors import Refused
from regions.models import Kind, OrgUnit

BEFORE_CALL_BACK = (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.RESOLUTION)
STICKY = ("category", "level", "handler")


class Desk:
    """One state of the form: what was typed, what was found, and what is proposed for it."""

    def __init__(self, request: HttpRequest, data: QueryDict | None) -> None:
        user: Any = request.user
        self.categories, self.levels = offered_categories(), offered_levels()
        self.data = data.copy() if data is not None else None
        self.user = user
        # The mail that this case is made of, if it is not a call.
        self.mail = mail_in_reach(user, self.data.get("mail", "")) if self.data else None
        self.found: Found = Found()
        self.match: Match | None = None
        if self.data is not None:
            self.found = look_up(user, self.data.get("find", ""))
            self.match = self._match(self.data)
        self.unit = self._unit(self.match)
        self.case: Case | None = None
        self.handlers: list[Any] = []
        self.proposed: dict[str, str] = dict.fromkeys(STICKY, "")

    def _match(self, data: QueryDict) -> Match | None:
        """The owner chosen; a single one is taken to be the caller until the officer says no."""
        if len(self.found.matches) == 1 and not data.get("owner"):
            data["owner"] = self.found.matches[0].key
        return self.found.match(data.get("owner", ""))

    def _unit(self, match: Match | None) -> OrgUnit | None:
        if match is not None:
            return OrgUnit.objects.get(pk=match.unit.pk)
        code = self.data.get("unit", "") if self.data is not None else ""
        units = OrgUnit.objects.visible_to(self.user, REGISTER).active()
        if code:
            return units.filter(code=code).first()
        own = self.user.unit
        if self.data is None and own is not None and own.kind == Kind.PROJECT:
            return units.filter(pk=own.pk).first()
        return None

    def propose(self) -> None:
        """Fill what the officer has not chosen himself: category, level, handler."""
        data: Any = self.data if self.data is not None else QueryDict(mutable=True)
        category = _of(self.categories, data.get("category"))
        if not self._touched("category", data):
            category = proposed_category(data.get("content", ""), self.categories)
            self._put(data, "category", category.pk if category else "")
        level = _of(self.levels, data.get("level"))
        if not self._touched("level", data):
            level = proposed_level(category)
            self._put(data, "level", level.pk if level else "")
        if self.unit is None:
            self._put(data, "handler", "")
            return
        kind = data.get("kind", "")
        kind = kind if kind in CaseKind.values else CaseKind.COMPLAINT
        self.case = _draft(self.unit, kind, category, level)
        self.handlers = handlers_of(self.case)
        numbers = [str(person.employee_no) for person, _load in self.handlers]
        gone = data.get("handler") not in ("", None, *numbers)
        if gone or not self._touched("handler", data):
            self._put(data, "handler", numbers[0] if numbers else "")

    def _touched(self, name: str, data: Any) -> bool:
        """Whether the officer chose this himself; then it is not proposed again."""
        chosen, before = data.get(name, ""), data.get(f"proposed_{name}", "")
        if chosen == before:
            return False
        self.proposed[name] = "" if chosen else "-"
        return True

    def _put(self, data: Any, name: str, value: Any) -> None:
        data[name] = self.proposed[name] = str(value)

    def form(self) -> IntakeForm:
        """The form over what was typed and proposed."""
        initial = {"unit": self.unit.code if self.unit else "", **self.proposed}
        return IntakeForm(
            self.data,
            user=self.user,
            found=self.found,
            categories=self.categories,
            levels=self.levels,
            handlers=self.handlers,
            initial=initial,
        )


def _of(offered: Iterable[Any], key: str | None) -> Any:
    """The one of these with a key."""
    return next((one for one in offered if str(one.pk) == key), None)


def _draft(unit: OrgUnit, kind: str, category: Any, level: Any) -> Case:
    """A case as it would be, for limits and turns; never saved."""
    now = timezone.now()
    case = Case(kind=kind, category=category, level=level, taken_in_at=now, created_at=now)
    case.top_category = top_of(category)
    case.place_in(unit)
    return case


def limits_for(case: Case) -> list[dict[str, Any]]:
    """The limits a case would have from now, each with the address that explains it."""
    rows = []
    for kind in limits_of(case):
        if kind not in BEFORE_CALL_BACK:
            continue
        span = span_of(case, kind)
        due = due_at(case.taken_in_at, span, case.unit_id)
        rows.append(
            {
                "label": LimitKind(kind).label,
                "span": span,
                "due": due,
                "url": _why(case, due) if span.working else "",
            }
        )
    return rows


def _why(case: Case, due: Any) -> str:
    """The page that explains a span of working time, stretch by stretch."""
    query = {
        "unit": case.unit.code,
        "start": timezone.localtime(case.taken_in_at).strftime("%Y-%m-%dT%H:%M"),
        "end": timezone.localtime(due).strftime("%Y-%m-%dT%H:%M"),
    }
    return f"{reverse('regions:calendar-explain')}?{urlencode(query)}"


def _context(desk: Desk, form: IntakeForm, draft: DraftPage | None = None) -> dict[str, Any]:
    return {
        "form": form,
        "draft": draft,
        "most_bytes": INTAKE.most_bytes() if draft is not None else 0,
        "mail": desk.mail,
        "files": files_of(desk.mail) if desk.mail is not None else [],
        "found": desk.found,
        "chosen": desk.data.get("owner", "") if desk.data is not None else "",
        "into": desk.data.get("into", "") if desk.data is not None else "",
        "cases": rows_for(desk.found.cases),
        "unit": desk.unit,
        "limits": limits_for(desk.case) if desk.case is not None else [],
        "similar": _similar(desk),
        "warranty": _warranty(desk),
        "proposed": desk.proposed,
        "crumbs": crumbs((_("Intake"), "")),
    }


def _similar(desk: Desk) -> list[dict[str, Any]]:
    """Rows of cases like this one, as soon as project and story are known."""
    data = desk.data
    content = str(data.get("content", "")).strip() if data is not None else ""
    if desk.case is None or data is None or not content:
        return []
    flat = desk.match.flat if desk.match is not None else None
    found = similar_cases(
        desk.user,
        unit=desk.case.unit,
        category=desk.case.category,
        content=content,
        room=flat.label if flat else str(data.get("room", "")) or desk.found.room,
        now=desk.case.taken_in_at,
    )
    return [
        {
            "case": one.case,
            "is_near": one.is_near,
            "subject": subject_of(one.case),
            "state": state_badge(one.case),
        }
        for one in found
    ]


def _warranty(desk: Desk) -> Any:
    """How the warranty of the chosen flat stands today for the category (CMP-16)."""
    flat = desk.match.flat if desk.match is not None else None
    if flat is None or desk.case is None:
        return None
    today = timezone.localdate()
    return warranty_on(warranty_end(flat, desk.case.category, desk.case.unit, today), today)


@requires(REGISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """Register a call while it lasts, or with ?mail= a mail that came in. A refused form keeps
    everything that was typed."""
    draft = open_draft(request, INTAKE.name)
    if request.method != "POST":
        return _fresh(request, draft)
    desk = Desk(request, request.POST)
    looking = "look" in request.POST
    desk.propose()
    form = desk.form()
    if looking:
        _record_foreign(request, desk.found)
        form.errors.clear()
    elif form.is_valid():
        try:
            return _register(request, form, draft, desk.mail)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    status = 200 if looking else 422
    return render(request, "complaints/intake.html", _context(desk, form, draft), status=status)


def _fresh(request: HttpRequest, draft: DraftPage) -> HttpResponse:
    """An empty form, the one that somebody restored, or one filled in with what a mail says."""
    data = draft.restored
    mail = mail_in_reach(request.user, request.GET.get("mail", ""))
    if mail is not None and data is None:
        if not mail.is_waiting:
            messages.error(request, taken_by(mail))
            return redirect(mail.get_absolute_url())
        data = QueryDict(mutable=True)
        data.update({"kind": str(CaseKind.COMPLAINT), **first_answers(request.user, mail)})
    desk = Desk(request, data)
    _record_foreign(request, desk.found)
    desk.propose()
    form = desk.form()
    form.errors.clear()
    return render(request, "complaints/intake.html", _context(desk, form, draft))


def _register(
    request: HttpRequest, form: IntakeForm, draft: DraftPage, mail: IncomingMail | None
) -> HttpResponse:
    target = form.target()
    if target is not None:
        into = {"by": request.user, "draft": draft.row, **form.values()}
        if mail is not None:
            register_mail(mail, into=target, **into)
        else:
            register_into(target, **into)
        sentence = _("The call was added to {number}.").format(number=target.number)
        messages.success(request, sentence)
        return redirect(target.get_absolute_url())
    handler = form.chosen_handler()
    values = {"handler": handler, "assign": handler is not None, **form.values()}
    values["draft"] = draft.row
    if mail is not None:
        case = register_mail(mail, by=request.user, **values)
    else:
        case = register_case(by=request.user, **values)
    if case.handler is None:
        sentence = _("{number} was registered; nobody has it yet.").format(number=case.number)
    else:
        sentence = _("{number} was registered and assigned to {person}.").format(
            number=case.number, person=case.handler.name
        )
    messages.success(request, sentence)
    return redirect(case.get_absolute_url())


def _record_foreign(request: HttpRequest, found: Found) -> None:
    """Owners out of reach were shown: that is written down before they are."""
    if found.foreign:
        record("case.owner_looked_up", by=request.user, count=found.foreign)


@requires(REGISTER)
@require_POST
def intake_lookup(request: HttpRequest) -> HttpResponse:
    """Owners and open cases for what was typed into the search field; for htmx."""
    desk = Desk(request, request.POST)
    _record_foreign(request, desk.found)
    form = desk.form()
    form.errors.clear()
    return render(request, "complaints/_intake_found.html", _context(desk, form))


@requires(REGISTER)
@require_POST
def intake_proposal(request: HttpRequest) -> HttpResponse:
    """Category, level, handler and limits for what was typed so far; for htmx."""
    desk = Desk(request, request.POST)
    desk.propose()
    form = desk.form()
    form.errors.clear()
    return render(request, "complaints/_intake_proposal.html", _context(desk, form))
