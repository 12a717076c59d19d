"""Verbs about people: who may do them, what ends with them, what the audit says."""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import factors, services
from accounts.models import Function, PasswordLink, Post, Reach, Role, RoleGrant, User, UserState
from audit.models import Entry
from core.errors import Refused, Stale
from tests.factories import give, make_post, make_user


def role(code):
    return Role.objects.get(code=code)


def local_role(code, *rights, reach=Reach.SUBTREE):
    """A role made by the group itself, e.g. for administrators of a city."""
    from django.contrib.auth.models import Permission

    made = Role.objects.create(code=code, name=code, reach=reach)
    for right in rights:
        app, name = right.split(".")
        made.permissions.add(Permission.objects.get(content_type__app_label=app, codename=name))
    return made


@pytest.fixture
def city_admin(world):
    """Administers accounts of the northern city with three rights, and may log customers' calls."""
    local_role(
        "city-admin",
        "accounts.use_admin",
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.add_rolegrant",
        "accounts.change_rolegrant",
        "regions.view_orgunit",
        "customers.view_customer",
    )
    person = make_user(unit=world.n1, role=None, no="N1-ADMIN")
    give(person, "city-admin", world.n1)
    return person


def acts(subject):
    entries = Entry.objects.filter(subject_type="accounts.user", subject_id=subject.pk)
    return list(entries.order_by("pk").values_list("action", flat=True))


# --- people ---------------------------------------------------------------------------------------


def test_a_new_person_has_no_password(world):
    user = services.create_person(by=world.admin, employee_no=" x7 ", name="李娜", unit=world.n1)

    assert (user.employee_no, user.has_usable_password(), acts(user)) == (
        "X7",
        False,
        ["user.created"],
    )


def test_numbers_are_unique(world):
    with pytest.raises(ValidationError):
        services.create_person(by=None, employee_no="n-clerk", name="李娜", unit=world.n1)


def test_people_are_created_within_reach_only(city_admin, world):
    services.create_person(by=city_admin, employee_no="X1", name="李娜", unit=world.n1a)
    for unit in (world.north, world.south, world.s1a, world.group):
        with pytest.raises(Refused):
            services.create_person(by=city_admin, employee_no="X2", name="李娜", unit=unit)

    assert not User.objects.filter(employee_no="X2").exists()


def test_people_are_changed_and_moved_within_reach_only(city_admin, world):
    services.change_person(world.north_clerk, by=city_admin, name="周敏", unit=world.n1b)
    world.north_clerk.refresh_from_db()
    assert (world.north_clerk.name, world.north_clerk.unit) == ("周敏", world.n1b)

    with pytest.raises(Refused):
        services.change_person(world.south_clerk, by=city_admin, name="周敏")
    with pytest.raises(Refused):
        services.change_person(world.north_clerk, by=city_admin, unit=world.s1a)


HIGHER = {
    "link": lambda person, by: services.send_link(person, by=by),
    "factors": lambda person, by: factors.reset_factors(person, by=by, reason="手机遗失"),
    "freeze": lambda person, by: services.freeze(person, by=by, reason="休假"),
    "activate": lambda person, by: services.activate(person, by=by),
    "change": lambda person, by: services.change_person(person, by=by, email="a@example.com"),
    "unlock": lambda person, by: services.unlock(person, by=by),
    "leave": lambda person, by: services.leave(person, by=by),
}


@pytest.mark.parametrize("act", HIGHER)
@pytest.mark.parametrize("days", [None, 5])
def test_nobody_takes_over_an_account_that_reaches_further(city_admin, world, act, days):
    """A colleague of the city who holds, or is to hold, a role of the whole group."""
    higher = make_user(unit=world.n1a, role=None)
    begins = timezone.localdate() + timedelta(days=days) if days else None
    give(higher, "system-administrator", world.group, valid_from=begins)
    Authenticator.objects.create(user=higher, type="totp", data={})
    if act == "activate":
        services.freeze(higher, by=world.admin, reason="核查")
    before = acts(higher)

    with pytest.raises(Refused, match="超出"):
        HIGHER[act](higher, city_admin)

    assert acts(higher) == before
    assert Authenticator.objects.filter(user=higher).exists()


@pytest.mark.parametrize("act", [act for act in HIGHER if act != "activate"])
def test_accounts_within_reach_are_looked_after(city_admin, world, act):
    Authenticator.objects.create(user=world.north_clerk, type="totp", data={})

    HIGHER[act](world.north_clerk, city_admin)

    assert acts(world.north_clerk)


@pytest.mark.parametrize(
    "field", ["state", "password", "employee_no", "is_superuser", "last_login"]
)
def test_only_plain_facts_can_be_changed(world, field):
    with pytest.raises(TypeError):
        services.change_person(world.north_clerk, by=None, **{field: "x"})


def test_a_flag_that_opens_everything_cannot_be_stored(world):
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=world.north_clerk.pk).update(is_superuser=True)


def test_freezing_and_activating(world):
    services.freeze(world.north_clerk, by=world.admin, reason="休假")
    with pytest.raises(Stale):
        services.freeze(world.north_clerk, by=world.admin, reason="休假")
    services.activate(world.north_clerk, by=world.admin)
    with pytest.raises(Stale):
        services.activate(world.north_clerk, by=world.admin)

    assert acts(world.north_clerk) == ["user.frozen", "user.activated"]
    assert Entry.objects.get(action="user.frozen").sentence().endswith("休假")


def test_leaving_ends_everything_and_deletes_nothing(world):
    user, today = world.north_clerk, timezone.localdate()
    later = give(user, "staff", world.n1b, valid_from=today + timedelta(days=5))
    services.send_link(user, by=None)
    services.leave(user, by=world.admin)

    user.refresh_from_db()
    user.forget_scopes()
    assert (user.state, user.left_on, user.has_usable_password()) == (
        UserState.LEFT,
        today,
        False,
    )
    assert set(user.grants.values_list("valid_until", flat=True)) == {today, later.valid_from}
    assert list(user.posts.values_list("valid_until", flat=True)) == [today]
    assert not PasswordLink.objects.filter(user=user).exists()
    services.activate(user, by=world.admin)
    assert user.scope("customers.view_customer").nothing


def test_the_last_day_is_no_day_to_come(world):
    with pytest.raises(Refused):
        services.leave(world.north_clerk, by=None, on=timezone.localdate() + timedelta(days=1))
    User.objects.filter(pk=world.north_clerk.pk).update(hired_on=date(2026, 1, 1))
    with pytest.raises(Refused):
        services.leave(world.north_clerk, by=None, on=date(2025, 1, 1))


@pytest.mark.parametrize("verb", ["freeze", "leave"])
def test_the_last_administrator_stays(world, verb):
    more = {"reason": "x"} if verb == "freeze" else {}
    with pytest.raises(Refused):
        getattr(services, verb)(world.admin, by=None, **more)

    second = make_user(unit=world.group, role="system-administrator", no="G-ADMIN2")
    getattr(services, verb)(world.admin, by=second, **more)
    world.admin.refresh_from_db()
    assert world.admin.state != UserState.ACTIVE


def test_nobody_does_it_to_himself(world):
    make_user(unit=world.group, role="system-administrator", no="G-ADMIN2")

    with pytest.raises(Refused):
        services.freeze(world.admin, by=world.admin, reason="x")
    with pytest.raises(Refused):
        services.end_grant(world.admin.grants.get(), by=world.admin)
    with pytest.raises(Refused):
        services.give_role(world.admin, role=role("section-head"), unit=world.group, by=world.admin)


# --- roles ----------------------------------------------------------------------------------------


def test_a_group_administrator_gives_any_role_anywhere(world):
    grant = services.give_role(
        world.south_clerk, role=role("group-management"), unit=world.group, by=world.admin
    )

    assert (grant.given_by, acts(world.south_clerk)) == (world.admin, ["grant.given"])
    assert world.south_clerk.scope("customers.view_customer").everything


@pytest.mark.parametrize(
    ("code", "unit", "allowed"),
    [
        ("narrow", "n1", True),
        ("narrow", "n1a", True),
        ("narrow", "north", False),  # above
        ("narrow", "s1a", False),  # beside
        ("narrow", "group", False),
        ("wide", "n1a", False),  # reaches the group from anywhere
        ("staff", "n1", False),  # rights he lacks
        ("system-administrator", "n1", False),
    ],
)
def test_nobody_gives_more_than_he_holds(city_admin, world, code, unit, allowed):
    local_role("narrow", "customers.view_customer")
    local_role("wide", "customers.view_customer", reach=Reach.GROUP)
    ask = {"role": role(code), "unit": getattr(world, unit), "by": city_admin}

    if allowed:
        services.give_role(world.north_clerk, **ask)
    else:
        with pytest.raises(Refused):
            services.give_role(world.north_clerk, **ask)
    held = world.north_clerk.grants.filter(role=role(code), unit=ask["unit"])
    assert held.exists() == allowed


def test_own_records_are_no_reach_to_give(world):
    local_role("own-admin", "accounts.add_rolegrant", "customers.view_customer", reach=Reach.OWN)
    local_role("narrow", "customers.view_customer", reach=Reach.UNIT)
    give(world.north_clerk, "own-admin", world.n1a)
    world.north_clerk.forget_scopes()

    with pytest.raises(Refused):
        services.give_role(
            world.north_head, role=role("narrow"), unit=world.n1a, by=world.north_clerk
        )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_is_given_never_exceeds_the_giver(city_admin, world, data):
    """Whatever role is given wherever, the receiver reaches nothing the giver does not reach."""
    rights = ["customers.view_customer", "accounts.view_user", "customers.reveal_customer"]
    chosen = data.draw(st.lists(st.sampled_from(rights), min_size=1, unique=True))
    reach = data.draw(st.sampled_from(list(Reach)))
    unit = data.draw(st.sampled_from(list(world.units.values())))
    number = Role.objects.count()
    made = local_role(f"drawn-{number}", *chosen, reach=reach)
    receiver = make_user(unit=world.group, role=None)
    try:
        services.give_role(receiver, role=made, unit=unit, by=city_admin)
    except Refused:
        assert not receiver.grants.exists()
        return
    from regions.models import OrgUnit

    for right in chosen:
        reached = set(OrgUnit.objects.visible_to(receiver, right))
        assert reached <= set(OrgUnit.objects.visible_to(city_admin, right))


def test_a_role_is_held_once(world):
    ask = {"role": role("staff"), "unit": world.n1a, "by": None}

    with pytest.raises(Refused):
        services.give_role(world.north_clerk, **ask)
    services.end_grant(world.north_clerk.grants.get(), by=None)
    services.give_role(world.north_clerk, **ask)
    assert world.north_clerk.grants.count() == 2


def test_an_ended_grant_gives_nothing_from_today(world):
    grant = world.north_clerk.grants.get()
    services.end_grant(grant, by=world.admin)

    assert world.north_clerk.scope("customers.view_customer").nothing
    with pytest.raises(Stale):
        services.end_grant(grant, by=world.admin)
    assert RoleGrant.objects.filter(pk=grant.pk).exists()


def test_the_last_administrators_grant_stays(world):
    with pytest.raises(Refused):
        services.end_grant(world.admin.grants.get(), by=None)


def test_grants_are_ended_within_reach_only(city_admin, world):
    services.end_grant(world.north_clerk.grants.get(), by=city_admin)
    for person in (world.south_clerk, world.north_head, world.boss):
        with pytest.raises(Refused):
            services.end_grant(person.grants.get(), by=city_admin)


# --- posts ----------------------------------------------------------------------------------------


def test_posts_are_given_and_ended(world):
    function = Function.objects.get(name="客户专员")
    post = services.give_post(world.north_head, unit=world.n1, function=function, by=world.admin)
    services.end_post(post, by=world.admin)

    assert not Post.objects.now().filter(user=world.north_head).exists()
    assert acts(world.north_head) == ["post.given", "post.ended"]


def test_posts_within_reach_only(city_admin, world):
    post = make_post(user=world.south_clerk, unit=world.s1a, function="基础服务品质管理")

    with pytest.raises(Refused):
        services.end_post(post, by=city_admin)
    with pytest.raises(Refused):
        services.give_post(world.south_clerk, unit=world.s1a, function=post.function, by=city_admin)


def test_the_log_in_book_is_kept_thirteen_months(world):
    from accounts.models import LoginKind, LoginRecord

    now = timezone.now()
    for days in (1, 390, 400):
        LoginRecord.objects.create(
            kind=LoginKind.LOGIN, employee_no="X", at=now - timedelta(days=days)
        )
    services.delete_old_login_records()

    assert LoginRecord.objects.count() == 2
