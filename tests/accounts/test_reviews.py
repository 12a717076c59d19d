"""The monthly review of grants, and that nobody widens his own reach by grants."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import GrantReview, Reach, Role, RoleGrant, User
from accounts.selectors.reviews import is_neglected, month_of, review_state, reviewable
from accounts.services import end_grant, give_role, review_grants, tell_reviewers
from accounts.services.reviews import Decision
from core.errors import Refused
from core.models import Notice
from regions.models import OrgUnit
from tests.factories import give, make_user, make_world
from tests.others import Other


def numbers(grants):
    return sorted(grants.values_list("user__employee_no", flat=True))


def test_a_head_reviews_what_lies_in_his_reach_and_never_his_own(world):
    give(world.north_clerk, "group-function", world.n1a)  # reaches the whole group

    assert numbers(reviewable(world.north_head)) == ["N-CLERK", "N-KEEPER"]
    assert "G-ADMIN" not in numbers(reviewable(world.admin))
    assert numbers(reviewable(world.admin)).count("N-CLERK") == 2


def test_keeping_and_ending(world):
    clerk, keeper = (
        RoleGrant.objects.get(user=user) for user in (world.north_clerk, world.north_keeper)
    )
    decisions = [Decision(clerk.pk, "end", "已调岗"), Decision(keeper.pk, "keep")]

    assert review_grants(decisions, by=world.north_head) == 2

    clerk.refresh_from_db()
    assert clerk.valid_until == timezone.localdate()
    assert not User.objects.get(pk=world.north_clerk.pk).has_perm("customers.view_customer")
    state = review_state(world.north_head)
    assert (state.open, state.done) == (0, 2)
    assert GrantReview.objects.get(grant=keeper).decision == "keep"


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_end_needs_a_reason_and_then_nothing_is_decided(world, reason):
    grants = list(reviewable(world.north_head))

    with pytest.raises(Refused):
        review_grants(
            [Decision(grants[0].pk, "keep"), Decision(grants[1].pk, "end", reason)],
            by=world.north_head,
        )
    assert not GrantReview.objects.exists()


def test_nobody_reviews_his_own_grant_or_one_out_of_reach(world):
    for user in (world.north_head, world.south_clerk, world.boss):
        grant = RoleGrant.objects.get(user=user)
        with pytest.raises(Refused):
            review_grants([Decision(grant.pk, "keep")], by=world.north_head)


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_ends_meanwhile_is_not_reviewed(world):
    grant = RoleGrant.objects.get(user=world.north_clerk)
    decisions = [Decision(grant.pk, "end", "已调岗")]
    with transaction.atomic():
        end_grant(grant, by=world.admin)
        other = Other(lambda: review_grants(decisions, by=world.north_head))
        other.join(0.5)
        assert other.outcome == "running"  # he waits
    other.join(20)

    assert other.outcome == Refused.__name__
    assert not GrantReview.objects.exists()


def test_two_months_without_a_review_are_marked(world):
    month = date(2026, 11, 1)
    grant = RoleGrant.objects.get(user=world.north_clerk)
    grant.given_at = timezone.now().replace(year=2026, month=1)
    for last, neglected in ((None, True), (date(2026, 9, 1), True), (date(2026, 10, 1), False)):
        grant.last_review = last
        assert is_neglected(grant, month) is neglected
    grant.given_at, grant.last_review = timezone.now().replace(year=2026, month=11), None
    assert not is_neglected(grant, month)


def test_reviewers_are_told_once_on_the_first_working_day(world):
    assert tell_reviewers(date(2026, 11, 1)) == 0  # a Sunday
    told = tell_reviewers(date(2026, 11, 2))

    assert told == Notice.objects.filter(kind="accounts.grant_review").count() > 0
    assert tell_reviewers(date(2026, 11, 2)) == 0
    assert tell_reviewers(date(2026, 11, 3)) == 0


def test_a_scheduler_that_was_dead_for_two_days_tells_them_then(world):
    told = tell_reviewers(date(2026, 11, 4))

    assert told == Notice.objects.filter(kind="accounts.grant_review").count() > 0
    assert tell_reviewers(date(2026, 11, 7)) == 0  # a Saturday
    late = make_user(unit=world.n1, role="section-head", no="N-LATE")
    assert tell_reviewers(date(2026, 11, 8)) == 0
    assert tell_reviewers(date(2026, 11, 9)) == 1
    assert Notice.objects.filter(kind="accounts.grant_review", user=late).count() == 1
    assert tell_reviewers(date(2026, 12, 1)) == told + 1


def test_the_page_keeps_and_exports(world, client):
    client.force_login(world.north_head)
    address = reverse("accounts:grant-review")
    grants = [grant.pk for grant in client.get(address).context["page"]]
    assert len(grants) == 2

    answer = client.post(address, {f"decision-{key}": "keep" for key in grants})
    assert answer.status_code == 302
    assert GrantReview.objects.filter(month=month_of(timezone.localdate())).count() == 2
    refused = client.post(address, {f"decision-{grants[0]}": "end", f"reason-{grants[0]}": ""})
    assert refused.status_code == 422
    book = client.get(reverse("accounts:grant-review-export"))
    assert b"".join(book.streaming_content)[:2] == b"PK"


def test_what_a_person_sees_is_for_himself_and_who_answers_for_him(world, client):
    address = reverse("accounts:person-access", args=["N-CLERK"])
    for user, status in (
        (world.north_clerk, 200),
        (world.north_head, 200),
        (world.admin, 200),
        (world.south_head, 404),
        (world.boss, 404),
    ):
        client.force_login(user)
        assert client.get(address).status_code == status
    client.force_login(world.north_clerk)
    page = client.get(address)
    groups = {group.title: group.lines for group in page.context["rights"]}
    words = {line.words for lines in groups.values() for line in lines}
    assert "customers.view_customer" not in str(words)  # words, not names of the code
    assert [grant.role.code for grant in page.context["grants"].now] == ["staff"]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["give", "end", "review"]),
        st.integers(0, 5),
        st.integers(0, 6),
        st.integers(0, 8),
    ),
    max_size=12,
)


@pytest.mark.django_db
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
def test_no_sequence_of_grants_enlarges_the_administrators_own_reach(acts):
    with transaction.atomic():
        world = make_world()
        local = Role.objects.create(code="local-admin", name="区域管理员", reach=Reach.SUBTREE)
        local.permissions.set(Role.objects.get(code="system-administrator").permissions.all())
        admin = make_user(unit=world.n1, role="local-admin", no="CITY-ADMIN")
        before = reach_of(admin)
        for act, role, unit, person in acts:
            attempt(admin, act, role, unit, person)
            assert reach_of(admin) <= before
        transaction.set_rollback(True)


def reach_of(user):
    """Everything a person reaches: right and unit."""
    user = User.objects.get(pk=user.pk)
    return {
        (right, unit)
        for right in user.get_all_permissions()
        for unit in OrgUnit.objects.visible_to(user, right).values_list("pk", flat=True)
    }


def attempt(admin, act, role, unit, person):
    """One act of the city's administrator; refusals are part of the story."""
    admin = User.objects.get(pk=admin.pk)
    people, units = User.objects.order_by("pk"), OrgUnit.objects.order_by("pk")
    user = people[person % people.count()]
    grant = RoleGrant.objects.filter(user=user).order_by("pk").first()
    try:
        if act == "give":
            roles = Role.objects.order_by("pk")
            give_role(
                user, role=roles[role % roles.count()], unit=units[unit % units.count()], by=admin
            )
        elif act == "end" and grant is not None:
            end_grant(grant, by=admin, on=timezone.localdate() + timedelta(days=person % 2))
        elif act == "review" and grant is not None:
            review_grants([Decision(grant.pk, "end", "复核")], by=admin)
    except Refused:
        pass


def test_a_review_in_which_nothing_was_chosen_is_no_review(world, client):
    client.force_login(world.north_head)
    answer = client.post(reverse("accounts:grant-review"), {})
    assert answer.status_code == 422
    assert answer.context["problem"]
