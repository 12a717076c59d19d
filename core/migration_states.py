"""Going through migrations without making every class anew for an index.

Between two operations Django renders the classes of the models concerned and of all their
neighbours. With a hundred and fifty models that is nearly all the time that a first `migrate`
takes, and two fifths of it go to indexes, constraints and triggers, which change nothing of a
class but a list in its `_meta`. Here the list is written into the class that stands there. Only
forwards: backwards a migration wants to see each state as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


class LeanExecutor(MigrationExecutor):
    """Django's executor, with less rendering on the way forwards."""

    def _migrate_all_forwards(self, *arguments: Any, **options: Any) -> ProjectState:
        with lists_in_place():
            return super()._migrate_all_forwards(*arguments, **options)  # type: ignore[misc]


@contextmanager
def lists_in_place() -> Iterator[None]:
    """Let indexes, constraints and triggers be added to states without rendering."""
    ours: list[tuple[Any, str, Any]] = [
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


def _append(state: ProjectState, app: str, model: str, option: str, added: Any) -> None:
    options = state.models[app, model].options
    options[option] = [*options.get(option, []), added]
    if "apps" in state.__dict__:  # else nothing has been rendered yet
        setattr(state.apps.get_model(app, model)._meta, option, options[option])


def _add_trigger(operation: AddTrigger, app: str, state: ProjectState) -> None:
    _append(state, app, operation.model_name_lower, "triggers", operation.trigger)
