"""Nothing is reachable that did not say who may reach it (default deny)."""

from celery import shared_task
from django.contrib import admin
from django.db import models
from django.http import HttpResponse
from django.urls import path

from accounts.models import Role
from core.scope import Scoped, ScopedQuerySet
from crm_site.celery import app as celery
from tests.access import surface
from tests.access.table import EXEMPT, TABLE


def bare(request):
    """A view whose author forgot to say who may open it."""
    return HttpResponse("secret")


urlpatterns = [path("bare/", bare, name="bare")]


# --- addresses ----------------------------------------------------------------------------------


def test_every_view_says_who_may_open_it():
    found = surface.routes()

    assert len(found) > 100
    assert surface.undeclared() == []


def test_every_address_stands_in_the_matrix_or_is_exempt_with_a_reason():
    names = {route.name for route in surface.routes() if route.name}
    listed = {row.route for row in TABLE}

    assert names - listed - EXEMPT.keys() == set()


def test_matrix_and_exemptions_name_only_addresses_that_exist():
    names = {route.name for route in surface.routes()}

    assert ({row.route for row in TABLE} | EXEMPT.keys()) - names == set()
    assert {row.route for row in TABLE} & EXEMPT.keys() == set()
    assert [name for name, reason in EXEMPT.items() if len(reason) < 20] == []


def test_a_forgotten_declaration_turns_the_walk_red_and_closes_the_page(client, settings, world):
    settings.ROOT_URLCONF = __name__
    client.force_login(world.boss)
    client.raise_request_exception = False

    assert surface.undeclared(__name__) == ["bare"]
    assert client.get("/bare/").status_code == 403


def test_without_the_middleware_a_forgotten_declaration_opens_the_page(
    client, settings, world, monkeypatch
):
    """The broken twin: what refuses above is AccessMiddleware and nothing else."""
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr("core.middleware.refuse_or_none", lambda request, access: None)

    assert client.get("/bare/").content == b"secret"


# --- administration -----------------------------------------------------------------------------


def test_every_list_of_the_administration_is_scoped():
    assert len(admin.site._registry) > 12
    assert surface.unscoped_admins() == []


def test_a_plain_list_of_the_administration_turns_the_walk_red(monkeypatch):
    plain = admin.ModelAdmin(Role, admin.site)
    monkeypatch.setitem(admin.site._registry, Role, plain)

    assert surface.unscoped_admins() == ["accounts.Role"]


def test_no_address_of_the_administration_looks_up_any_record_by_key():
    """Django's "view on site" would tell the address, and so the number, of people out of reach."""
    assert "admin:view_on_site" not in {route.name for route in surface.routes()}


# --- tasks --------------------------------------------------------------------------------------


def test_every_task_says_for_whom_it_acts():
    assert surface.undeclared_tasks() == []
    # Workers import the tasks when they start, a test process only when the walk asks for them.
    assert "core.run_job" in celery.tasks


def test_an_undeclared_task_turns_the_walk_red():
    @shared_task(name="core.forgotten")
    def forgotten():
        """A task that no ACCESS table lists."""

    celery.finalize()
    celery.tasks["core.forgotten"].__module__ = "core.tasks"
    try:
        assert surface.undeclared_tasks() == ["core.forgotten"]
    finally:
        celery.tasks.unregister("core.forgotten")


# --- tables -------------------------------------------------------------------------------------


def test_every_table_with_scope_columns_says_who_may_see_a_row():
    names = {model.__name__ for model in surface.scoped_tables()}

    assert {"CustomerUnit", "Property", "Ownership", "Activity"} <= names
    assert surface.without_visible_to(surface.scoped_tables()) == []


def test_every_scoped_queryset_names_its_right():
    rights = set()
    for model in surface.scoped_tables():
        rows = model._default_manager.get_queryset()
        assert isinstance(rows, ScopedQuerySet)
        rights.add(rows.view_permission)

    assert rights == {
        "approvals.view_approval",
        "customers.view_contract",
        "customers.view_customer",
        "complaints.view_case",
        "complaints.add_case",
        "compliance.publish_bulletin",
        "compliance.view_absence",
        "compliance.view_accountchange",
        "compliance.view_assignment",
        "compliance.view_circular",
        "compliance.view_finding",
        "compliance.view_inspection",
        "compliance.view_log_ins",
        "compliance.view_rule",
        "compliance.view_staffplan",
        "compliance.view_strategic",
        "compliance.view_target",
        "satisfaction.view_response",
        "expenses.view_application",
        "expenses.view_budget",
        "expenses.view_event",
        "expenses.view_gift",
        "expenses.view_keydate",
        "expenses.view_ledgerentry",
    }


def test_a_scoped_table_with_a_plain_manager_turns_the_walk_red():
    class Careless(Scoped):
        class Meta:
            app_label = "core"
            managed = False

        objects = models.Manager()

    try:
        assert surface.without_visible_to([Careless]) == ["core.Careless"]
    finally:
        from django.apps import apps

        del apps.all_models["core"]["careless"]
        apps.clear_cache()
