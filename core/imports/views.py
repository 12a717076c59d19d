"""Pages of imports: upload → columns → check → write → result; an upload is its uploader's."""

from collections import Counter
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.access import requires
from core.display import listed
from core.errors import Refused
from core.files.writer import SheetColumn, SheetWriter
from core.htmx import STOP_POLLING, wants_rows
from core.imports.kinds import KINDS, ImportKind, kind_named
from core.imports.report import COUNTED
from core.imports.runs import (
    can_go_on,
    correct_mapping,
    create_run,
    folder,
    notice_key,
    settled_state,
    start_apply,
    start_check,
    undo_run,
)
from core.jobs import ask_to_stop
from core.models import ImportRun, ImportState, Job
from core.notices import mark_read
from core.widgets import RemoteSelect

RIGHT = "core.add_importrun"
LISTED = 50
PROBLEMS_SHOWN = 20
MODES = (
    ("fill", gettext_lazy("Fill empty fields")),
    ("update", gettext_lazy("Take all values of the file")),
    ("skip", gettext_lazy("Leave as they are")),
)
STEPS = (
    gettext_lazy("Upload"),
    gettext_lazy("Columns"),
    gettext_lazy("Check"),
    gettext_lazy("Write"),
    gettext_lazy("Result"),
)


def kinds_of(request: HttpRequest) -> list[ImportKind]:
    """The kinds of files this reader may import."""
    kinds = [kind for kind in KINDS.values() if request.user.has_perm(kind.permission)]
    return sorted(kinds, key=lambda kind: kind.position)


class UploadForm(forms.Form):
    """A file and its kind."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of file"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "An .xlsx or .csv file of at most 50 MB. Column names are recognised."
        ),
        widget=forms.ClearableFileInput({"accept": ".xlsx,.csv,.txt"}),
    )

    def __init__(self, *args: Any, kinds: list[ImportKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.name, kind.title) for kind in kinds]  # type: ignore[attr-defined]
        if kinds:
            self.fields["kind"].initial = kinds[0].name


class MappingForm(forms.Form):
    """A field for each column of the file, and what happens to known customers."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Records that exist already"),
        choices=MODES,
        initial="fill",
        widget=forms.RadioSelect,
    )
    keeper = forms.ModelChoiceField(
        get_user_model().objects.none(),
        label=gettext_lazy("Keeper of new customers"),
        to_field_name="employee_no",
        required=False,
        empty_label=gettext_lazy("Customer officers in turn"),
        widget=RemoteSelect("people-choices", "customers.import_customer"),
    )

    def __init__(self, *args: Any, run: ImportRun, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        kind = kind_named(run.kind)
        if kind.takes_keeper:
            field = self.fields["keeper"]
            field.widget = RemoteSelect(kind.keeper_choices, kind.permission)
            field.queryset = kind.keepers(user)  # type: ignore[attr-defined]
        else:
            del self.fields["keeper"]
            if not kind.takes_mode:
                del self.fields["mode"]
        for option in kind.options:
            self.fields[f"option-{option.name}"] = forms.CharField(
                label=str(option.label),
                help_text=str(option.help),
                max_length=120,
                initial=run.options.get(option.name, ""),
            )
        self.option_names = [option.name for option in kind.options]
        self.columns: list[dict[str, Any]] = []
        for spec in kind.sheets:
            columns = run.header[spec.name]["columns"]
            fields = kind.fields_of(spec, columns)
            choices = [("", _("Not imported")), *((f.name, f.label) for f in fields)]
            for place, column in enumerate(columns):
                if column["head"]:
                    self._add(f"{spec.name}-{place}", column, choices)

    def _add(self, name: str, column: dict[str, Any], choices: list[tuple[str, Any]]) -> None:
        self.fields[name] = forms.ChoiceField(
            label=column["head"],
            choices=choices,
            required=False,
            initial=column["field"],
            widget=forms.Select({"class": "form-select form-select-sm"}),
        )
        self.columns.append({"name": name, **column})

    def rows(self) -> list[dict[str, Any]]:
        """Columns with their bound fields, for the template."""
        return [column | {"bound": self[column["name"]]} for column in self.columns]

    def asked(self) -> list[forms.BoundField]:
        """What the kind asks for beside the file, for the template."""
        return [self[f"option-{name}"] for name in self.option_names]

    def options(self) -> dict[str, str]:
        """What was given of it."""
        return {name: self.cleaned_data[f"option-{name}"] for name in self.option_names}

    def clean(self) -> dict[str, Any]:
        """Each field takes one column of its sheet: of two, one would be lost without a word."""
        data = super().clean() or {}
        for spec in kind_named(self.run.kind).sheets:
            for one in spec.fields:
                heads = [
                    column["head"]
                    for column in self.columns
                    if column["name"].startswith(f"{spec.name}-")
                    and data.get(column["name"]) == one.name
                ]
                if len(heads) > 1:
                    sentence = _("{field} was chosen for several columns: {columns}.")
                    self.add_error(None, sentence.format(field=one.label, columns=listed(heads)))
        return data

    def overrides(self) -> dict[str, str]:
        """Only what the reader changed: head → field."""
        return {
            column["head"]: self.cleaned_data[column["name"]]
            for column in self.columns
            if self.cleaned_data[column["name"]] != column["field"]
        }


def _run_or_404(request: HttpRequest, pk: int) -> ImportRun:
    run = ImportRun.objects.visible_to(request.user).select_related("job").filter(pk=pk).first()
    if run is None or run.kind not in KINDS:
        raise Http404("import")
    if not request.user.has_perm(kind_named(run.kind).permission):
        raise PermissionDenied("import")
    run.state = settled_state(run)
    return run


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Imports"), reverse("imports:list")), *more]


def _steps(current: int) -> list[dict[str, str]]:
    states = ["done"] * current + ["current"] + ["todo"] * (len(STEPS) - current - 1)
    return [
        {"label": str(label), "state": state} for label, state in zip(STEPS, states, strict=True)
    ]


@requires(RIGHT)
def import_list(request: HttpRequest) -> HttpResponse:
    """The reader's own imports, newest first."""
    own = ImportRun.objects.visible_to(request.user).select_related("job")
    runs = own.order_by("-pk")[:LISTED]
    titles = {name: kind.title for name, kind in KINDS.items()}
    for run in runs:
        run.title, run.state = titles.get(run.kind, run.kind), settled_state(run)
    return render(request, "imports/list.html", {"runs": runs, "crumbs": [(_("Imports"), "")]})


@requires(RIGHT)
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload a file; its columns are recognised at once."""
    kinds = kinds_of(request)
    if not kinds:
        raise PermissionDenied("no kind of file")
    initial = {"kind": request.GET["kind"]} if "kind" in request.GET else {}
    form = UploadForm(request.POST or None, request.FILES or None, kinds=kinds, initial=initial)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            kind = kind_named(form.cleaned_data["kind"])
            run = create_run(kind, upload, upload.name, by=request.user)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("imports:mapping", run.pk)
    context = {
        "form": form,
        "kinds": kinds,
        "steps": _steps(0),
        "crumbs": _crumbs((_("New import"), "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "imports/new.html", context, status=status)


@requires(RIGHT)
def import_template(request: HttpRequest, name: str) -> FileResponse:
    """An empty workbook with the usual column names of a kind."""
    kind = next((kind for kind in kinds_of(request) if kind.name == name), None)
    if kind is None:
        raise Http404("kind")
    with TemporaryDirectory() as place:
        path = Path(place) / "template.xlsx"
        with SheetWriter(path) as book:
            for spec in kind.sheets:
                columns = [SheetColumn(field.synonyms[0], "text", 16) for field in spec.fields]
                book.write_sheet((*spec.sheet_names, str(kind.title))[0], columns, [])
        content = BytesIO(path.read_bytes())
    filename = _("{kind} template.xlsx").format(kind=kind.title)
    return FileResponse(content, as_attachment=True, filename=filename)


@requires(RIGHT)
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """What each column was taken for, to be corrected before the check."""
    run = _run_or_404(request, pk)
    if run.state in (ImportState.APPLYING, ImportState.APPLIED):
        return redirect(run)
    form = MappingForm(request.POST or None, run=run, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            _save_mapping(run, form)
            start_check(run, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(run)
    kind = kind_named(run.kind)
    labels = {field.name: field.label for spec in kind.sheets for field in spec.fields}
    context = {
        "run": run,
        "kind": kind,
        "form": form,
        "missing": [labels[name] for sheet in run.header.values() for name in sheet["missing"]],
        "steps": _steps(1),
        "earlier": _earlier(run),
        "crumbs": _crumbs((run.file_name, "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "imports/mapping.html", context, status=status)


def _save_mapping(run: ImportRun, form: MappingForm) -> None:
    keeper = form.cleaned_data.get("keeper")
    run.options = {
        "mode": form.cleaned_data.get("mode", "fill"),
        "keeper": keeper.employee_no if keeper else "",
    } | form.options()
    correct_mapping(run, run.overrides | form.overrides())


def _earlier(run: ImportRun) -> ImportRun | None:
    """The same file, imported before by the same person."""
    same = ImportRun.objects.filter(
        actor=run.actor, kind=run.kind, file_hash=run.file_hash, state=ImportState.APPLIED
    )
    return same.exclude(pk=run.pk).order_by("-pk").first()


@requires(RIGHT)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the import stands: progress, what the check found, or the result."""
    run = _run_or_404(request, pk)
    if run.state == ImportState.UPLOADED:
        return redirect("imports:mapping", run.pk)
    context = _job_context(run) | {
        "run": run,
        "kind": kind_named(run.kind),
        "report": run.report,
        "can_go_on": can_go_on(run),
        "reasons": _reasons(run),
        "counts": _counts(run.report),
        "problems": _together(run.report.get("errors", [])),
        "warnings": _together(run.report.get("warnings", [])),
        "step_list": _steps(_step(run)),
        "can_undo": kind_named(run.kind).can_undo
        and run.state == ImportState.APPLIED
        and "undone" not in run.report,
        "crumbs": _crumbs((run.file_name, "")),
    }
    if wants_rows(request):
        return _progress(request, run, context)
    mark_read(request.user, keys=[notice_key(run)])
    return render(request, "imports/detail.html", context)


def _step(run: ImportRun) -> int:
    return {
        ImportState.CHECKING: 2,
        ImportState.CHECKED: 2,
        ImportState.APPLYING: 3,
        ImportState.STOPPED: 3,
        ImportState.APPLIED: 4,
    }.get(ImportState(run.state), 2)


def _progress(request: HttpRequest, run: ImportRun, context: dict[str, Any]) -> HttpResponse:
    """The polled fragment; when the work has ended the page is loaded anew."""
    if run.job is not None and run.job.is_live:
        return render(request, "components/job_progress.html", context)
    answer = HttpResponse(status=STOP_POLLING)
    answer["HX-Refresh"] = "true"
    return answer


def _job_context(run: ImportRun) -> dict[str, Any]:
    job = run.job
    if job is None:
        return {}
    return {
        "job": {
            "pk": job.pk,
            "state": job.state,
            "phase": job.heading,
            "done": job.done,
            "total": job.total,
            "message": job.message,
        },
        "job_is_live": job.is_live,
        "ahead": _jobs_before(job),
        "poll_url": run.get_absolute_url(),
        "stop_url": reverse("imports:stop", args=[run.pk]),
    }


def _jobs_before(job: Job) -> int:
    if job.state != "queued":
        return 0
    return Job.objects.filter(state__in=("queued", "running"), pk__lt=job.pk).count()


def _counts(report: dict[str, Any]) -> list[tuple[Any, int, int]]:
    """Records by kind: (label, created, updated)."""
    created, updated = report.get("created", {}), report.get("updated", {})
    return [
        (label, created.get(name, 0), updated.get(name, 0))
        for name, label in COUNTED.items()
        if name in created
    ]


def _reasons(run: ImportRun) -> list[tuple[Any, int]]:
    """Rejected rows by reason, most frequent first: (words, count)."""
    words = kind_named(run.kind).reasons
    # Several codes may have the same short words; for the reader they are one reason.
    counts = Counter(
        str(words.get(problem["code"], problem["code"])) for problem in run.report.get("errors", [])
    )
    return list(counts.most_common())


ROWS_NAMED = 8


def _together(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Problems with the same sentence as one line with its rows, in the order they first appear."""
    found: dict[tuple[str, str], list[int]] = {}
    for problem in problems:
        found.setdefault((problem["code"], problem["message"]), []).append(problem["row"])
    return [
        {
            "code": code,
            "message": message,
            "rows": [row for row in rows if row][:ROWS_NAMED],
            "more": max(0, len(rows) - ROWS_NAMED),
        }
        for (code, message), rows in list(found.items())[:PROBLEMS_SHOWN]
    ]


@requires(RIGHT)
@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the checked rows."""
    run = _run_or_404(request, pk)
    try:
        start_apply(run, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(run)


@requires(RIGHT)
@require_POST
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the check or the writing; what is written stays."""
    run = _run_or_404(request, pk)
    try:
        if run.job is not None:
            ask_to_stop(run.job)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(run)


@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the file back after a question, as far as nobody has touched what it brought."""
    run = _run_or_404(request, pk)
    if request.method != "POST":
        context = {
            "title": _("Take back what this file brought?"),
            "effect": _("What people or later files have changed stays. It cannot be restored."),
            "action": request.path,
            "verb": _("Take back"),
            "danger": True,
            "cancel_url": run.get_absolute_url(),
        }
        part = "components/confirm.html" if wants_rows(request) else "components/confirm_page.html"
        return render(request, part, context)
    try:
        deleted, kept = undo_run(run)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        sentence = _("{deleted} records were taken back, {kept} stay because they were changed.")
        messages.success(request, sentence.format(deleted=f"{deleted:,}", kept=f"{kept:,}"))
    if not wants_rows(request):
        return redirect(run)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = run.get_absolute_url()
    return answer


@requires(RIGHT)
def import_rejected(request: HttpRequest, pk: int) -> FileResponse:
    """The rejected rows as a workbook, with the reason in a column more."""
    run = _run_or_404(request, pk)
    path = folder() / run.rejected_name
    if not run.rejected_name or not path.exists():
        raise Http404("file")
    stem = run.file_name.rsplit(".", 1)[0]
    name = _("{name} rejected rows.xlsx").format(name=stem)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
