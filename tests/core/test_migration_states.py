"""States of migrations: things are added without making classes anew, and nothing is lost."""

from typing import Any

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.models import (
    CASCADE,
    NOT_PROVIDED,
    CheckConstraint,
    ForeignKey,
    Index,
    IntegerField,
    ManyToManyField,
    Q,
)

from core.migration_states import added_in_place

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

    with added_in_place():
        state.add_index("sample", "thing", INDEX)
        state.add_constraint("sample", "thing", CHECK)

    assert state.apps.get_model("sample", "Thing") is before
    assert [one.name for one in before._meta.indexes] == ["by_number"]
    assert [one.name for one in before._meta.constraints] == ["above_zero"]
    assert state.models["sample", "thing"].options["indexes"] == [INDEX]
    assert state.models["sample", "thing"].options["constraints"] == [CHECK]


def test_a_new_model_is_known_to_the_one_it_points_to():
    state = rendered()
    assert state.relations is not None
    before = state.apps.get_model("sample", "Thing")

    with added_in_place():
        state.add_model(part())

    after = state.apps.get_model("sample", "Part")
    assert state.apps.get_model("sample", "Thing") is before
    assert [one.related_model for one in before._meta.related_objects] == [after]
    assert "part_set" in dir(before)
    assert list(state.relations["sample", "thing"]) == [("sample", "part")]


def test_a_model_of_a_name_that_is_taken_is_made_anew():
    state = rendered()
    before = state.apps.get_model("sample", "Thing")

    with added_in_place():
        state.add_model(ModelState("sample", "Thing", [("id", IntegerField(primary_key=True))]))

    after = state.apps.get_model("sample", "Thing")
    assert after is not before
    assert [one.name for one in after._meta.get_fields()] == ["id"]


def test_a_new_field_stands_last_in_the_class_that_is_there():
    state = rendered()
    state.add_model(part())
    assert state.relations is not None
    thing, before = (state.apps.get_model("sample", name) for name in ("Thing", "Part"))
    assert [one.name for one in thing._meta.related_objects] == ["part"]

    with added_in_place():
        field = ForeignKey("sample.Thing", CASCADE, related_name="more", null=True)
        state.add_field("sample", "part", "other", field, preserve_default=True)
        number = IntegerField(default=7)
        state.add_field("sample", "part", "number", number, preserve_default=False)

    assert state.apps.get_model("sample", "Part") is before
    assert [one.name for one in before._meta.local_fields] == ["id", "thing", "other", "number"]
    assert before._meta.get_field("number").default is NOT_PROVIDED
    assert number.default == 7
    assert [one.name for one in thing._meta.related_objects] == ["part", "more"]
    assert list(state.relations["sample", "thing"]["sample", "part"]) == ["thing", "other"]
    assert not hasattr(state.models["sample", "part"].fields["other"], "model")


def test_heirs_and_tables_between_are_left_to_django():
    state = rendered()
    state.add_model(ModelState("sample", "Heir", [], bases=("sample.thing",)))
    state.add_model(part())
    thing, old = (state.apps.get_model("sample", name) for name in ("Thing", "Part"))

    with added_in_place():
        state.add_field("sample", "thing", "more", IntegerField(null=True), preserve_default=True)
        many = ManyToManyField("sample.Thing", related_name="wholes")
        state.add_field("sample", "part", "things", many, preserve_default=True)

    assert state.apps.get_model("sample", "Thing") is not thing
    assert state.apps.get_model("sample", "Part") is not old
    heir = state.apps.get_model("sample", "Heir")
    assert "more" in {one.name for one in heir._meta.get_fields()}
    assert state.apps.get_model("sample", "Part_things")


def test_all_migrations_end_in_the_classes_that_django_would_make():
    executor = MigrationExecutor(None)  # a database would only say what is applied
    executor.loader.applied_migrations = {}
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor._create_project_state()
    assert state.apps.get_models() == []

    with added_in_place():
        for migration, _backwards in plan:
            state = migration.mutate_state(state, preserve=False)

    assert told(state.apps) == told(StateApps(state.real_apps, state.models))


def part() -> ModelState:
    fields = [
        ("id", IntegerField(primary_key=True)),
        ("thing", ForeignKey("sample.Thing", CASCADE)),
    ]
    return ModelState("sample", "Part", fields)


def told(apps: StateApps) -> dict[str, Any]:
    """What the classes of a state say of themselves and of each other."""
    plain = MigrationAutodetector(ProjectState(), ProjectState()).deep_deconstruct
    return {
        model._meta.label: {
            "own": [(field.name, plain(field)) for field in model._meta.local_fields],
            "between": [(one.name, plain(one)) for one in model._meta.local_many_to_many],
            "met": {
                (one.name, one.related_model._meta.label)
                for one in model._meta.get_fields(include_hidden=True)
                if one.is_relation and one.related_model is not None
            },
            "indexes": sorted(one.name for one in model._meta.indexes),
            "constraints": sorted(one.name for one in model._meta.constraints),
        }
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy  # Django itself leaves those behind until somebody asks for data
    }


def test_a_copy_of_an_earlier_state_keeps_what_it_lists():
    state = rendered()
    earlier = state.clone()

    with added_in_place():
        state.add_index("sample", "thing", INDEX)

    assert earlier.models["sample", "thing"].options["indexes"] == []


def test_afterwards_django_makes_classes_as_ever():
    with added_in_place():
        pass
    state = rendered()
    before = state.apps.get_model("sample", "Thing")

    state.add_index("sample", "thing", INDEX)

    assert state.apps.get_model("sample", "Thing") is not before
