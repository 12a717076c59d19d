"""The administration: scoped lists and choices, rules of the tree, nothing deleted (row 27)."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import get_resolver

from accounts.models import (
    Function,
    LoginKind,
    LoginRecord,
    Post,
    Reach,
    Role,
    RoleGrant,
    User,
    UserState,
)
from audit.models import Entry
from core.access import access_of
from core.admin import ScopedAdmin
from regions.models import OrgChange, OrgUnit, UnitVersion
from tests.factories import give, make_unit, make_user

# Their tables hold no rows of a branch: schedules, allauth's e-mail addresses, Django's groups.
FOREIGN = {"django_celery_beat", "account", "auth"}
UNIT = {"is_active": "on", "posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0"}


@pytest.fixture
def root(client, world):
    """A browser in which the group's administrator is signed in."""
    client.force_login(world.admin)
    return client


@pytest.fixture
def north_admin(world):
    """Somebody who administers the northern region and nothing else."""
    everything = Role.objects.get(code="system-administrator")
    local = Role.objects.create(code="north-admin", name="区域管理员", reach=Reach.SUBTREE)
    local.permissions.set(everything.permissions.all())
    person = make_user(unit=world.north, role=None, no="N-ADMIN")
    give(person, "north-admin", world.north)
    return person


def shown(answer):
    return [str(row.pk) for row in answer.context["cl"].result_list]


def pks(*rows):
    return [str(row.pk) for row in rows]


def errors(answer):
    form = answer.context["adminform"].form
    return {name: list(found) for name, found in form.errors.items()}


def test_every_list_is_scoped():
    ours = [one for one in admin.site._registry.values() if one.opts.app_label not in FOREIGN]

    assert len(ours) >= 12
    assert [one for one in ours if not isinstance(one, ScopedAdmin)] == []


def test_every_view_of_the_administration_says_what_it_asks():
    def walk(patterns):
        for entry in patterns:
            if hasattr(entry, "url_patterns"):
                yield from walk(entry.url_patterns)
            else:
                yield entry

    site = next(one for one in get_resolver().url_patterns if str(one.pattern) == "admin/")
    views = [entry.callback for entry in walk(site.url_patterns)]

    assert len(views) > 60
    assert {str(access_of(view)) for view in views} == {"accounts.use_admin", "public"}


@pytest.mark.parametrize("who", ["north_clerk", "north_head", "boss"])
def test_staff_do_not_get_in(client, world, who):
    client.force_login(getattr(world, who))

    assert client.get("/admin/").status_code == 403
    assert client.get("/admin/regions/orgunit/").status_code == 403


def test_the_tree_is_one_list_in_tree_order(root, world):
    answer = root.get("/admin/regions/orgunit/")
    units = world.units

    assert shown(answer) == pks(*(units[n] for n in ("group", "north", "n1", "n1a", "n1b")), *(
        units[n] for n in ("south", "s1", "s1a", "s1b")
    ))  # fmt: skip
    names = re.findall(r'field-name_in_tree"><a[^>]*>([^<]+)</a>', answer.content.decode())
    assert names[:4] == ["测试集团", "　北方区域", "　　北方公司", "　　　北方花园"]
    counts = re.findall(r'field-people">(\d+)', answer.content.decode())
    assert counts[:4] == ["3", "2", "0", "1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=花园", ["n1a", "s1a"]),
        ("q=S1", ["s1", "s1a", "s1b"]),
        ("kind__exact=region", ["north", "south"]),
        ("branch=N", ["north", "n1", "n1a", "n1b"]),
        ("is_active__exact=0", []),
    ],
)
def test_search_and_filters(root, world, query, found):
    answer = root.get(f"/admin/regions/orgunit/?{query}")

    assert shown(answer) == pks(*(world.units[name] for name in found))


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("region", ["north", "south"]),
        ("city", ["n1", "s1"]),
        ("project", ["n1a", "n1b", "s1a", "s1b"]),
    ],
)
def test_each_level_has_its_list(root, world, model, found):
    assert shown(root.get(f"/admin/regions/{model}/")) == pks(*(world.units[n] for n in found))


@pytest.mark.parametrize(
    ("model", "parents"),
    [("region", ["group"]), ("city", ["north", "south"]), ("project", ["n1", "s1"])],
)
def test_parents_are_of_the_right_level(root, world, model, parents):
    form = root.get(f"/admin/regions/{model}/add/").context["adminform"].form

    assert list(form.fields["parent"].queryset) == [world.units[name] for name in parents]


def test_a_new_unit_goes_through_the_service(root, world):
    answer = root.post(
        "/admin/regions/city/add/",
        UNIT | {"code": "N2", "name": "北方二公司", "parent": world.north.pk,
                "department_name": "客户关系部", "opened_on": "2026-03-01"},
    )  # fmt: skip

    unit = OrgUnit.objects.get(code="N2")
    assert answer["Location"] == "/admin/regions/city/"
    assert unit.path == f"{world.north.path}{unit.pk}/"
    assert str(UnitVersion.objects.get(unit=unit).valid_from) == "2026-03-01"
    assert Entry.objects.get(action="unit.created").by == world.admin


@pytest.mark.parametrize(
    ("model", "values", "wrong"),
    [
        ("region", {"department_name": "客服部"}, "department_name"),
        ("city", {"department_name": "客户关系中心"}, "department_name"),
        ("project", {"department_name": "客户关系中心"}, "department_name"),
        ("city", {"parent": ""}, "parent"),
        ("city", {"code": "N1"}, "code"),
    ],
)
def test_naming_and_tree_rules_stand_at_the_field(root, world, model, values, wrong):
    parent = {"region": world.group, "city": world.north, "project": world.n1}[model]
    form = UNIT | {"code": "NEW", "name": "新单位", "parent": parent.pk} | values
    answer = root.post(f"/admin/regions/{model}/add/", form)

    assert (answer.status_code, list(errors(answer))) == (200, [wrong])
    assert not OrgUnit.objects.filter(code="NEW").exists()


def test_another_parent_begins_as_a_draft_of_a_change(root, world):
    other = make_unit(kind="city", code="N9", name="北方九公司", parent=world.north)
    answer = root.post(
        f"/admin/regions/project/{world.n1a.pk}/change/",
        UNIT | {"code": "N1A", "name": "北方花园", "parent": other.pk,
                "department_name": "客户关系部"},
    )  # fmt: skip

    assert answer.status_code == 302
    world.n1a.refresh_from_db()
    assert world.n1a.parent == world.n1
    change = OrgChange.objects.get()
    assert (change.kind, change.unit, change.target, change.state) == (
        "move", world.n1a, other, "draft",
    )  # fmt: skip
    assert Entry.objects.filter(action="orgchange.drafted").count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "accounts/user/{north_clerk.pk}",
        "accounts/role/{role}",
        "regions/orgunit/{n1a.pk}",
        "regions/project/{n1a.pk}",
        "regions/unitlevel/city",
    ],
)
def test_nothing_is_deleted(root, world, path):
    names = {**world.units, **world.people, "role": Role.objects.get(code="staff").pk}

    assert root.post(f"/admin/{path.format(**names)}/delete/", {"post": "yes"}).status_code == 403
    assert b"delete_selected" not in root.get(f"/admin/{path.rpartition('/')[0]}/").content


# --- in the scope of a regional administrator ---------------------------------------------------


def test_lists_end_at_the_reach(client, world, north_admin):
    client.force_login(north_admin)
    LoginRecord.objects.create(kind=LoginKind.FAILED, employee_no="S-CLERK", user=world.south_clerk)
    LoginRecord.objects.create(kind=LoginKind.FAILED, employee_no="N-CLERK", user=world.north_clerk)
    LoginRecord.objects.create(kind=LoginKind.FAILED, employee_no="NOBODY")
    Entry.objects.create(action="user.changed", by=world.south_head)

    assert shown(client.get("/admin/regions/orgunit/")) == pks(
        world.north, world.n1, world.n1a, world.n1b
    )
    numbers = [
        row.employee_no for row in client.get("/admin/accounts/user/").context["cl"].result_list
    ]
    assert numbers == ["N-ADMIN", "N-CLERK", "N-HEAD", "N-KEEPER"]
    books = client.get("/admin/accounts/loginrecord/").context["cl"].result_list
    assert {row.employee_no for row in books} == {"N-ADMIN", "N-CLERK"}
    assert shown(client.get("/admin/audit/entry/")) == []
    parents = client.get("/admin/regions/unitversion/").context["cl"].result_list
    assert {row.unit.code for row in parents} == {"N", "N1", "N1A", "N1B"}


@pytest.mark.parametrize(
    "path",
    [
        "regions/orgunit/{s1.pk}/change/",
        "regions/city/{s1.pk}/change/",
        "regions/city/{s1.pk}/history/",
        "accounts/user/{south_clerk.pk}/change/",
        "accounts/user/{south_clerk.pk}/history/",
    ],
)
def test_what_lies_outside_does_not_exist(client, world, north_admin, path):
    client.force_login(north_admin)
    answer = client.get(f"/admin/{path.format(**world.units, **world.people)}")

    # Django answers an unknown key with a redirect to the index.
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


@pytest.mark.parametrize(
    ("model", "field", "term", "found"),
    [
        ("user", "unit", "公司", ["北方公司"]),
        ("post", "unit", "花园", ["北方花园"]),
        ("post", "user", "CLERK", ["员工N-CLERK"]),
        ("rolegrant", "unit", "区域", ["北方区域"]),
    ],
)
def test_autocompletion_ends_at_the_reach(client, world, north_admin, model, field, term, found):
    client.force_login(north_admin)
    query = {"app_label": "accounts", "model_name": model, "field_name": field, "term": term}
    answer = client.get("/admin/autocomplete/", query).json()

    assert [row["text"] for row in answer["results"]] == found


def person_form(user, **values):
    grants = {"grants-TOTAL_FORMS": "0", "grants-INITIAL_FORMS": "0"}
    posts = {"posts-TOTAL_FORMS": "0", "posts-INITIAL_FORMS": "0"}
    facts = {"name": user.name, "unit": user.unit_id} if user else {}
    return grants | posts | facts | values


def test_a_foreign_unit_is_refused_whatever_is_posted(client, world, north_admin):
    client.force_login(north_admin)
    answer = client.post(
        f"/admin/accounts/user/{world.north_clerk.pk}/change/",
        person_form(world.north_clerk, unit=world.s1a.pk),
    )

    assert list(errors(answer)) == ["unit"]
    new = person_form(None, employee_no="X1", name="李娜", unit=world.s1a.pk)
    assert list(errors(client.post("/admin/accounts/user/add/", new))) == ["unit"]


def test_a_unit_cannot_be_moved_out_or_in(client, world, north_admin):
    client.force_login(north_admin)
    form = UNIT | {"code": "N1A", "name": "北方花园", "parent": world.s1.pk}
    answer = client.post(f"/admin/regions/project/{world.n1a.pk}/change/", form)

    assert list(errors(answer)) == ["parent"]


# --- people ---------------------------------------------------------------------------------------


def test_a_person_is_created_without_password_and_changed(root, world):
    form = person_form(None, employee_no="x1", name="李娜", unit=world.n1.pk)
    root.post("/admin/accounts/user/add/", form)
    user = User.objects.get(employee_no="X1")
    assert not user.has_usable_password()

    form = person_form(user, name="李小娜", phone="+8613812345507")
    assert root.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code == 302
    user.refresh_from_db()
    assert user.name == "李小娜"
    changed = Entry.objects.get(action="user.changed")
    assert (changed.detail["fields"], changed.by) == (["name", "phone"], world.admin)


def test_no_page_shows_or_takes_a_password(root, world):
    page = root.get(f"/admin/accounts/user/{world.north_clerk.pk}/change/").content.decode()

    assert world.north_clerk.password not in page
    assert 'type="password"' not in page


@pytest.mark.parametrize(
    "lookup", ["password__startswith=md5", "unit__path__startswith=/", "phone=1"]
)
def test_filters_nobody_offers_are_refused(root, world, lookup):
    assert root.get(f"/admin/accounts/user/?{lookup}").status_code == 400


def act(client, action, *people):
    return client.post(
        "/admin/accounts/user/",
        {"action": action, "_selected_action": [one.pk for one in people]},
        follow=True,
    )


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def test_state_actions(root, world):
    act(root, "freeze", world.north_clerk, world.south_clerk)
    act(root, "activate", world.south_clerk)
    act(root, "mark_left", world.north_head)
    answer = act(root, "freeze", world.admin)

    states = dict(User.objects.values_list("employee_no", "state"))
    assert states["N-CLERK"] == UserState.FROZEN
    assert states["S-CLERK"] == UserState.ACTIVE
    assert states["N-HEAD"] == UserState.LEFT
    assert states["G-ADMIN"] == UserState.ACTIVE
    assert len(said(answer)) == 1


def test_a_link_is_issued_and_shown_once(root, world):
    answer = act(root, "issue_links", world.north_clerk)
    line = said(answer)[0]
    path = re.search(r"http://testserver(/login/link/\S+/)", line)[1]

    assert root.__class__().get(path)["Location"] == "/login/link/set/"
    assert path.encode() not in root.get("/admin/accounts/user/").content


def grant_form(user, role, unit):
    return person_form(user) | {
        "grants-TOTAL_FORMS": "1",
        "grants-0-role": Role.objects.get(code=role).pk,
        "grants-0-unit": unit.pk,
    }


def test_roles_are_given_by_the_services_rule(root, world):
    url = f"/admin/accounts/user/{world.north_clerk.pk}/change/"
    assert (
        root.post(url, grant_form(world.north_clerk, "section-head", world.n1)).status_code == 302
    )

    grant = RoleGrant.objects.get(role__code="section-head", user=world.north_clerk)
    assert grant.given_by == world.admin
    assert Entry.objects.filter(action="grant.given").count() == 1


def test_nobody_gives_a_role_to_himself(root, world):
    url = f"/admin/accounts/user/{world.admin.pk}/change/"
    answer = root.post(url, grant_form(world.admin, "section-head", world.group))

    assert answer.status_code == 200
    assert not world.admin.grants.filter(role__code="section-head").exists()


def test_a_regional_administrator_gives_nothing_wide(client, world, north_admin):
    client.force_login(north_admin)
    url = f"/admin/accounts/user/{world.north_clerk.pk}/change/"
    for role in ("group-management", "section-head"):
        answer = client.post(url, grant_form(world.north_clerk, role, world.n1))
        assert answer.status_code == 200
    local = Permission.objects.get(codename="view_customer")
    Role.objects.create(code="look", name="查看", reach=Reach.UNIT).permissions.add(local)
    assert client.post(url, grant_form(world.north_clerk, "look", world.n1)).status_code == 302

    held = set(world.north_clerk.grants.values_list("role__code", flat=True))
    assert held == {"staff", "look"}


def test_a_grant_is_ended_and_never_rewritten(root, world):
    grant = world.north_clerk.grants.get()
    url = f"/admin/accounts/user/{world.north_clerk.pk}/change/"
    form = grant_form(world.north_clerk, "staff", world.n1a) | {
        "grants-INITIAL_FORMS": "1",
        "grants-0-id": grant.pk,
        "grants-0-user": grant.user_id,
    }
    rewritten = form | {"grants-0-role": Role.objects.get(code="section-head").pk}
    assert root.post(url, rewritten).status_code == 302
    grant.refresh_from_db()
    assert grant.role.code == "staff"
    assert root.post(url, form | {"grants-0-valid_until": "2020-01-01"}).status_code == 302

    grant.refresh_from_db()
    assert grant.role.code == "staff"
    assert not grant.is_in_force()


def test_posts_are_filled_on_the_units_page(root, world):
    function = Function.objects.get(name="客户运营管理")
    form = UNIT | {
        "code": "N1", "name": "北方公司", "parent": world.north.pk,
        "department_name": "客户关系部", "posts-TOTAL_FORMS": "1",
        "posts-0-user": world.north_head.pk, "posts-0-function": function.pk,
        "posts-0-is_dedicated": "on",
    }  # fmt: skip
    assert root.post(f"/admin/regions/city/{world.n1.pk}/change/", form).status_code == 302

    assert Post.objects.get(user=world.north_head).unit == world.n1
    assert Entry.objects.filter(action="post.given").count() == 1


ADMIN_PAGES = [
    "",
    "regions/orgunit/",
    "regions/orgunit/add/",
    "regions/orgunit/{n1.pk}/change/",
    "regions/region/{north.pk}/change/",
    "regions/city/add/",
    "regions/project/{n1a.pk}/change/",
    "regions/unitlevel/",
    "regions/unitlevel/city/change/",
    "regions/unitversion/",
    "accounts/user/",
    "accounts/user/add/",
    "accounts/user/{north_clerk.pk}/change/",
    "accounts/role/",
    "accounts/role/add/",
    "accounts/function/",
    "accounts/loginrecord/",
    "audit/entry/",
    "core/job/",
    "django_celery_beat/periodictask/",
    "accounts/user/{north_clerk.pk}/history/",
]


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_pages_open_and_obey_the_content_security_policy(root, world, path):
    answer = root.get(f"/admin/{path.format(**world.units, **world.people)}")
    body = answer.content.decode()

    assert answer.status_code == 200
    assert "script-src" not in answer["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", body) == []
    assert re.findall(r"\s(?:style|on[a-z]+)=", body) == []
    assert 'lang="zh-hans"' in body
