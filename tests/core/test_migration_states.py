"""States of migrations: an index is added without making classes anew, and nothing is lost."""

from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CheckConstraint, Index, IntegerField, Q

from core.migration_states import lists_in_place

INDEX = Index(fields=["number"], name="by_number")
CHECK = CheckConstraint(condition=Q(number__gt=0), name="above_zero")


def rendered() -> ProjectState:
    """One model whose class has been made."""
    state = ProjectState()
    fields = [("id", IntegerField(primary_key=True)), ("number", IntegerField())]
    state.add_model(ModelState("sample", "Thing", fields))
    assert state.apps.get_model("sample", "Thing")
    return state


def test_the_class_stays_and_knows_what_was_added():
    state = rendered()
    before = state.apps.get_model("sample", "Thing")

    with lists_in_place():
        state.add_index("sample", "thing", INDEX)
        state.add_constraint("sample", "thing", CHECK)

    assert state.apps.get_model("sample", "Thing") is before
    assert [one.name for one in before._meta.indexes] == ["by_number"]
    assert [one.name for one in before._meta.constraints] == ["above_zero"]
    assert state.models["sample", "thing"].options["indexes"] == [INDEX]
    assert state.models["sample", "thing"].options["constraints"] == [CHECK]


def test_a_copy_of_an_earlier_state_keeps_what_it_lists():
    state = rendered()
    earlier = state.clone()

    with lists_in_place():
        state.add_index("sample", "thing", INDEX)

    assert earlier.models["sample", "thing"].options["indexes"] == []


def test_afterwards_django_makes_classes_as_ever():
    with lists_in_place():
        pass
    state = rendered()
    before = state.apps.get_model("sample", "Thing")

    state.add_index("sample", "thing", INDEX)

    assert state.apps.get_model("sample", "Thing") is not before
