"""Building a questionnaire: sections and items of its open version."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from core.access import requires
from satisfaction.forms.questionnaires import ItemForm, SectionForm
from satisfaction.models import Item, Section
from satisfaction.selectors.questionnaires import asked_of
from satisfaction.services import items as verbs
from satisfaction.views.asking import dialog, moved, question
from satisfaction.views.questionnaires import CHANGE, address, open_or_404, questions_page

SEND = require_http_methods(["GET", "HEAD", "POST"])
STEPS = {"up": -1, "down": 1}


@requires(CHANGE, whole_group=True)
@SEND
def section_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new section behind the others."""
    return _section_dialog(
        request, pk, None, pgettext("questionnaire", "New section"), _("Add section")
    )


@requires(CHANGE, whole_group=True)
@SEND
def section_edit(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    """The titles of a section."""
    section = _section(pk, section_pk)
    return _section_dialog(request, pk, section, pgettext("questionnaire", "Section"), _("Save"))


@requires(CHANGE, whole_group=True)
@SEND
def section_remove(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    """Delete a section with its items."""
    section = _section(pk, section_pk)
    count = section.items.count()
    effect = ngettext(
        "Its {count} item is deleted with it.", "Its {count} items are deleted with it.", count
    )
    return question(
        request,
        lambda: verbs.delete_section(section, by=request.user),
        title=_("Delete the section “{title}”?").format(title=section.shown_title),
        effect=effect.format(count=count) if count else _("It asks nothing."),
        verb=_("Delete section"),
        done=_("The section is deleted."),
        back=address(pk),
        danger=True,
    )


@requires(CHANGE, whole_group=True)
@require_POST
def section_move(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    """A section one place up or down."""
    section = _section(pk, section_pk)
    keys = list(Section.objects.filter(version=section.version).values_list("pk", flat=True))
    place = keys.index(section.pk) + 1 + STEPS.get(request.POST.get("step", ""), 0)

    def act() -> None:
        verbs.move_section(section, position=max(place, 1), by=request.user)

    return _moved(request, pk, act)


@requires(CHANGE, whole_group=True)
@SEND
def item_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new item at the end of a section."""
    return _item_dialog(request, pk, None, _("New item"), _("Add item"))


@requires(CHANGE, whole_group=True)
@SEND
def item_edit(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """An item."""
    item = _item(pk, item_pk)
    return _item_dialog(request, pk, item, _("Item “{name}”").format(name=item.name), _("Save"))


@requires(CHANGE, whole_group=True)
@SEND
def item_remove(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Delete an item."""
    item = _item(pk, item_pk)
    return question(
        request,
        lambda: verbs.delete_item(item, by=request.user),
        title=_("Delete the item “{name}”?").format(name=item.shown_name),
        effect=item.shown_text,
        verb=_("Delete item"),
        done=_("The item is deleted."),
        back=address(pk),
        danger=True,
    )


@requires(CHANGE, whole_group=True)
@require_POST
def item_move(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """An item one place up or down (`step`), or to a place in a section (`section`, `position`)."""
    item = _item(pk, item_pk)
    step = STEPS.get(request.POST.get("step", ""))

    def act() -> None:
        if step is not None:
            verbs.step_item(item, step=step, by=request.user)
            return
        section = get_object_or_404(item.version.sections, pk=_number(request, "section"))
        verbs.move_item(
            item, section=section, position=_number(request, "position"), by=request.user
        )

    return _moved(request, pk, act)


def _section_dialog(
    request: HttpRequest, pk: int, section: Section | None, title: str, verb: str
) -> HttpResponse:
    version = section.version if section else open_or_404(pk)

    def save(data: dict[str, Any]) -> None:
        verbs.save_section(version, section, by=request.user, **data)

    return dialog(
        request,
        SectionForm(request.POST or None, instance=section),
        save,
        title=title,
        verb=verb,
        done=_("The section is saved."),
        back=address(pk),
    )


def _item_dialog(
    request: HttpRequest, pk: int, item: Item | None, title: str, verb: str
) -> HttpResponse:
    version = item.version if item else open_or_404(pk)
    items = asked_of(version)
    form = ItemForm(
        request.POST or None,
        version=version,
        items=items,
        item=next((one for one in items if item and one.pk == item.pk), None),
        section=request.GET.get("section", ""),
    )

    def save(_data: dict[str, Any]) -> None:
        verbs.save_item(version, item, by=request.user, **form.values())

    return dialog(
        request,
        form,
        save,
        title=title,
        verb=verb,
        done=_("The item is saved."),
        back=address(pk),
    )


def _moved(request: HttpRequest, pk: int, act: Any) -> HttpResponse:
    def part(refused: str) -> HttpResponse:
        return questions_page(request, open_or_404(pk), refused)

    return moved(request, act, address(pk), part)


def _section(pk: int, section_pk: int) -> Section:
    rows = Section.objects.select_related("version__questionnaire")
    return get_object_or_404(rows, pk=section_pk, version__questionnaire=pk)


def _item(pk: int, item_pk: int) -> Item:
    rows = Item.objects.select_related("version__questionnaire")
    return get_object_or_404(rows, pk=item_pk, version__questionnaire=pk)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else 0
