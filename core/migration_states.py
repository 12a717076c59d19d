"""Going through migrations without making every class anew for each operation.

Between two operations Django renders the classes of the models concerned and of all their
neighbours, near and far, which here are nearly all. With two hundred models that is nineteen
twentieths of the time that a first `migrate` takes. Most of it goes to operations that take
nothing away: a model, a field, an index, a constraint, a trigger more. Those are put into the
classes that stand there, as Python does it when it imports one model after the other. Only
forwards: backwards a migration wants to see each state as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import NOT_PROVIDED, Field
from pgtrigger.migrations import AddTrigger


class LeanExecutor(MigrationExecutor):
    """Django's executor, with less rendering on the way forwards."""

    def _migrate_all_forwards(self, *arguments: Any, **options: Any) -> ProjectState:
        with added_in_place():
            return super()._migrate_all_forwards(*arguments, **options)  # type: ignore[misc]


@contextmanager
def added_in_place() -> Iterator[None]:
    """Let whatever is added to states be added without rendering their other classes."""
    ours: list[tuple[Any, str, Any]] = [
        (ProjectState, "add_model", _add_model),
        (ProjectState, "add_field", _add_field),
        (ProjectState, "_append_option", _append),
        (AddTrigger, "state_forwards", _add_trigger),
    ]
    theirs = [(owner, name, getattr(owner, name)) for owner, name, _ours in ours]
    try:
        for owner, name, function in ours:
            setattr(owner, name, function)
        yield
    finally:
        for owner, name, function in theirs:
            setattr(owner, name, function)


_django_adds_field = ProjectState.add_field


def _add_model(state: ProjectState, model: ModelState) -> None:
    """The class of a new model; those it points to learn of it as it is registered."""
    key = model.app_label, model.name_lower
    state.models[key] = model
    if state._relations is not None:  # type: ignore[attr-defined]
        state.resolve_model_relations(key)
    if "apps" not in state.__dict__:  # nothing has been rendered yet
        return
    if key[1] in state.apps.all_models[key[0]]:
        state.reload_model(*key)
    else:
        state.apps.render_multiple([model])


def _add_field(
    state: ProjectState, app: str, model: str, name: str, field: Field, preserve_default: bool
) -> None:
    """One more field of a class. Its heirs and the tables between two models are Django's work."""
    made = state.apps.get_model(app, model) if "apps" in state.__dict__ else None
    if made is None or field.many_to_many or made.__subclasses__():
        _django_adds_field(state, app, model, name, field, preserve_default)
        return
    if not preserve_default:
        field = field.clone()
        field.default = NOT_PROVIDED
    state.models[app, model].fields[name] = field
    if state._relations is not None:  # type: ignore[attr-defined]
        state.resolve_model_field_relations((app, model), name, field)
    made.add_to_class(name, field.clone())
    state.apps.clear_cache()


def _append(state: ProjectState, app: str, model: str, option: str, added: Any) -> None:
    options = state.models[app, model].options
    options[option] = [*options.get(option, []), added]
    if "apps" in state.__dict__:  # else nothing has been rendered yet
        setattr(state.apps.get_model(app, model)._meta, option, options[option])


def _add_trigger(operation: AddTrigger, app: str, state: ProjectState) -> None:
    _append(state, app, operation.model_name_lower, "triggers", operation.trigger)
