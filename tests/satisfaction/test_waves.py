"""Waves from the plan to the end, their pages, and who reaches them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from satisfaction.models import Quota, Response, Sample, SurveyLink, Wave
from satisfaction.nonresponse import contrast
from satisfaction.selectors.cockpit import cockpit_of
from satisfaction.services.drawing import draw
from satisfaction.services.links import issue_link
from satisfaction.services.plans import Step, remove_plan, save_plan, wrong_days
from satisfaction.services.plans import make_wave as make_from_plan
from satisfaction.services.waves import change_wave, close_wave, open_and_close, open_wave
from tests.factories import make_response, make_unit, say
from tests.satisfaction.waves import make_owner, make_version, make_wave, quota

TODAY = timezone.localdate
DAY = timedelta(days=1)


def url(name, *args):
    return reverse(f"satisfaction:{name}", args=args)


@pytest.fixture
def drawn(world):
    """An owner drawn of the north's first project, with a reserve."""
    for _n in range(2):
        make_owner(world.n1a)
    wave = make_wave(world.north)
    quota(wave, world.n1a, 1)
    draw(wave, by=None, seed=1)
    return wave


def test_a_wave_follows_the_rules_of_its_unit_and_freezes_its_questions(world):
    say(world.group, "satisfaction.excluded_days", 45)
    wave = make_wave(world.n1, expected_response=None, closes_on=TODAY() + DAY, opens_on=TODAY())
    assert (wave.excluded_days, wave.expected_response, wave.reminder_days) == (45, 40, 5)

    open_wave(wave, by=world.north_keeper)

    wave.refresh_from_db()
    assert wave.version.frozen_at is not None
    for refused in (
        lambda: open_wave(wave, by=None),
        lambda: change_wave(wave, by=None, is_anonymous=True),
        lambda: close_wave(wave, by=world.south_keeper),
        lambda: make_wave(world.n1),  # the code is taken
        lambda: make_wave(world.n1, "other", opens_on=TODAY(), closes_on=TODAY() - DAY),
    ):
        with pytest.raises(Refused):
            refused()
    change_wave(wave, by=world.north_keeper, closes_on=TODAY() + 5 * DAY)
    close_wave(wave, by=world.north_keeper)
    wave.refresh_from_db()
    assert (wave.state, wave.closes_on) == ("closed", timezone.localdate())


def test_days_open_and_close_waves_and_end_links(drawn, world):
    undrawn = make_wave(world.north, "undrawn", opens_on=TODAY())
    change_wave(drawn, by=None, opens_on=TODAY(), closes_on=TODAY() + DAY)
    assert open_and_close(TODAY() - DAY).opened == 0

    assert open_and_close(TODAY()).opened == 1

    undrawn.refresh_from_db()
    assert undrawn.state == "planned"
    issue_link(
        Sample.objects.filter(wave=drawn)[0], channel="link", valid_until=timezone.now() + 9 * DAY
    )
    assert open_and_close(TODAY() + DAY).closed == 0
    assert open_and_close(TODAY() + 2 * DAY).closed == 1
    assert SurveyLink.objects.get().expires_at <= timezone.now()


def test_what_was_drawn_changes_no_more(drawn, world):
    for fields in ({"excluded_days": 3}, {"unit": world.n1}, {"is_anonymous": True}):
        with pytest.raises(Refused):
            change_wave(drawn, by=None, **fields)
    with pytest.raises(Refused):
        quota(drawn, world.n1a, 5)


def test_a_wave_made_of_the_plan(client, world):
    version = make_version()
    line = save_plan(
        None,
        by=world.north_keeper,
        unit=world.n1,
        year=TODAY().year,
        month=11,
        title="下半年业主满意度",
        questionnaire=version.questionnaire,
        responsible=world.north_head,
    )
    client.force_login(world.north_head)
    assert "下半年业主满意度" in client.get(url("plans")).content.decode()
    assert client.get(url("plan", line.pk)).status_code == 200
    client.force_login(world.south_head)
    assert "下半年业主满意度" not in client.get(url("plans")).content.decode()
    assert client.get(url("plan", line.pk)).status_code == 404

    client.force_login(world.north_keeper)
    answer = client.post(url("plan-wave", line.pk), {"code": "2026-N"})

    wave = Wave.objects.get()
    assert answer.url == url("wave", "2026-N")
    assert (wave.unit, wave.version, wave.plan.pk) == (world.n1, version, line.pk)
    for refused in (
        lambda: make_from_plan(line, code="again", by=None),
        lambda: remove_plan(line, by=None),
    ):
        with pytest.raises(Refused):
            refused()


def test_the_sibling_branch_sees_nothing_of_a_wave(client, world, drawn):
    pages = ("wave", "sample", "wave-nonresponse", "asking", "wave-open", "wave-edit")
    client.force_login(world.south_keeper)
    assert {client.get(url(name, "W1")).status_code for name in pages} == {404}
    assert "W1" not in client.get(url("waves")).content.decode()
    client.force_login(world.north_keeper)
    assert {client.get(url(name, "W1")).status_code for name in pages} == {200}


def test_a_reader_below_the_unit_of_a_wave_counts_his_own_units_alone(world):
    for unit in (world.n1a, world.s1a):
        make_owner(unit)
    wave = make_wave(world.group)
    Quota.objects.bulk_create(
        Quota(wave=wave, unit=unit, stage="stable", wanted=1) for unit in (world.n1a, world.s1a)
    )
    draw(wave, by=None)
    make_response(unit=world.s1a, wave=wave, stage="stable")

    seen = cockpit_of(world.north_head, wave, world.group)

    assert (seen.total.wanted, seen.total.complete, seen.total.drawn) == (1, 0, 1)
    whole = cockpit_of(world.boss, wave, world.group)
    assert (whole.total.wanted, whole.total.complete, whole.total.drawn) == (2, 1, 2)


def test_the_rates_of_a_wave(world, drawn):
    person, reserve = Sample.objects.filter(wave=drawn).order_by("position")
    for state in ("answered", "refused", "unreached", "opened", "dropped"):
        Sample(wave=drawn, stage="stable", state=state, unit=world.n1a).save()
    make_response(unit=world.n1a, wave=drawn, stage="stable")
    make_response(unit=world.n1a, wave=drawn, stage="stable", is_partial=True)
    gone = make_response(unit=world.n1a, wave=drawn, stage="stable")
    Response.objects.filter(pk=gone.pk).update(voided_at=timezone.now(), void_reason="重复")

    total = cockpit_of(world.boss, drawn, world.north).total

    assert total.drawn == 5  # neither the reserve nor the dropped one
    assert (total.response_rate, total.refusal_rate) == (1 / 5, 1 / 5)
    assert (total.complete, total.completion_rate) == (1, 1 / 3)
    assert (person.state, reserve.state) == ("drawn", "reserve")


def test_the_cockpit_asks_as_much_for_three_projects_as_for_thirty(client, world, drawn):
    client.force_login(world.boss)

    def queries(name):
        client.get(url(name, "W1"))
        with CaptureQueriesContext(connection) as found:
            assert client.get(url(name, "W1")).status_code == 200
        return len(found)

    before = {name: queries(name) for name in ("wave", "wave-nonresponse")}
    for number in range(30):
        unit = make_unit(kind="project", code=f"P{number}", name=f"项目{number}", parent=world.n1)
        Quota.objects.create(wave=drawn, unit=unit, stage="stable", wanted=1)
        sample = Sample(wave=drawn, stage="stable", state="answered", position=number)
        sample.place_in(unit)
        sample.save()

    assert {name: queries(name) for name in before} == before
    assert before["wave"] <= 25


def test_lists_ask_as_much_for_one_row_as_for_three(client, world, drawn):
    client.force_login(world.north_keeper)

    def queries(address):
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        return len(found)

    addresses = (url("waves"), url("sample", "W1"))
    before = [queries(address) for address in addresses]
    for number in range(2):
        make_wave(world.north, f"more{number}")
        row = Sample(wave=drawn, customer=make_owner(world.n1a), stage="stable", position=9)
        row.place_in(world.n1a)
        row.save()

    assert [queries(address) for address in addresses] == before


def test_names_are_for_those_who_may_see_them(client, world, drawn):
    person = Sample.objects.filter(wave=drawn)[0].customer
    client.force_login(world.north_keeper)
    assert person.name in client.get(url("sample", "W1")).content.decode()
    role = world.north_keeper.grants.get().role
    role.permissions.remove(role.permissions.get(codename="view_identity"))

    page = client.get(url("sample", "W1")).content.decode()

    assert f"{person.name[0]}**" in page
    assert person.name not in page
    assert client.post(url("links-new", "W1", "invite")).status_code == 403


def test_an_answer_of_an_anonymous_wave_never_bears_the_sample(world):
    make_owner(world.n1a)
    wave = make_wave(world.n1a, is_anonymous=True)
    quota(wave, world.n1a, 1)
    draw(wave, by=None)
    response = Response(
        wave=wave, asked_by="link", is_anonymous=True, sample=Sample.objects.get(wave=wave)
    )
    response.place_in(world.n1a)

    with pytest.raises(IntegrityError), transaction.atomic():
        response.save()
    response.sample, response.is_anonymous = None, False  # nor by denying that it is anonymous
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic():
        response.save()


def test_who_answered_is_compared_with_who_was_drawn():
    from scipy.stats import chi2_contingency

    groups = {"a": (100, 70), "b": (100, 40), "c": (100, 40), "none": (0, 0)}

    found = contrast(groups)

    assert found.p == chi2_contingency([[70, 30], [40, 60], [40, 60]], correction=False).pvalue
    assert found.differs
    assert [part.label for part in found.parts] == ["a", "b", "c"]
    assert (found.widest.label, found.widest.answered_share) == ("a", 70 / 150)
    assert not contrast({"a": (100, 52), "b": (100, 48)}).differs
    assert contrast({"a": (3, 2), "b": (3, 1)}).p is None  # too few to tell
    assert contrast({"a": (30, 0), "b": (30, 0)}).p is None


def test_the_cockpit_marks_who_lags_and_leads_only_where_the_reader_may_go(client, world):
    wave = make_wave(world.group)
    for unit, wanted, have in ((world.n1a, 5, 4), (world.n1b, 5, 1)):
        Quota.objects.create(wave=wave, unit=unit, stage="stable", wanted=wanted)
        for _n in range(have):
            make_response(unit=unit, wave=wave, stage="stable")
    Wave.objects.update(state="open")

    def page(user, query=""):
        client.force_login(user)
        return client.get(url("wave", "W1") + query).context

    context = page(world.north_keeper, "?unit=N1")
    behind = {row["unit"].code: row["cells"][0]["behind"] for row in context["matrix"]}
    assert (behind["N1A"], behind["N1B"]) == (False, True)
    # Answers, who answered, the list of those who refused (nobody is drawn yet), flagged answers.
    assert [bool(tile["url"]) for tile in context["tiles"]] == [True, True, False, True]
    assert context["on_site_url"]
    clerk = page(world.north_clerk)
    assert [bool(tile["url"]) for tile in clerk["tiles"]] == [False, True, False, False]
    assert not page(world.boss)["on_site_url"]


def test_the_days_of_a_plan_lie_ahead_and_in_order():
    def places(*days, known=()):
        steps = [Step("x", due_on=one and TODAY() + one) for one in days]
        return set(wrong_days(steps, TODAY(), known))

    assert places(DAY, None, 3 * DAY, 3 * DAY) == set()
    assert places(-DAY, DAY) == {0}
    assert places(-DAY, DAY, known={TODAY() - DAY}) == set()  # it has passed since
    assert places(3 * DAY, None, 2 * DAY, 4 * DAY) == {2}
    assert wrong_days([Step(" ", due_on=TODAY() - DAY)], TODAY()) == {}


def test_a_wrong_day_of_a_plan_is_told_at_its_field(client, world):
    make_version()
    client.force_login(world.north_keeper)
    form = {"title": "年度", "unit": "N1", "year": TODAY().year + 1, "month": 3,
            "questionnaire": "owners", "responsible": world.north_head.employee_no,
            "step-1": "设计", "due-1": "2020-01-01"}  # fmt: skip
    refused = client.post(url("plan-new"), form)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["due-1"]
    assert 'value="2020-01-01"' in refused.content.decode()
    facts = {"year": TODAY().year, "month": 3, "title": "x", "responsible": world.north_head}
    facts["questionnaire"] = make_version().questionnaire
    late = [Step("设计", due_on=TODAY() - DAY)]
    with pytest.raises(Refused, match="设计"):
        save_plan(None, by=None, unit=world.n1, steps=late, **facts)


def test_planning_quotas_and_the_draw_by_the_pages(client, world):
    make_version()
    for _n in range(3):
        make_owner(world.n1a)
    client.force_login(world.north_keeper)
    form = {"code": "2026-P", "title": "试点", "unit": "N1A", "questionnaire": "owners"}
    assert client.post(url("wave-new"), form | {"code": "a b"}).status_code == 422
    for wrong in (
        {"expected_response": "250"},
        {"excluded_days": "99999"},
        {"reserve_share": "-1"},
    ):
        assert client.post(url("wave-new"), form | wrong).status_code == 422
    assert client.post(url("wave-new"), form).url == url("sample", "2026-P")
    assert client.post(url("quotas-allocate", "2026-P"), {"total": "2"}).status_code == 302
    assert Quota.objects.get().wanted == 2
    for wrong in ("x", "-1", "4"):  # three owners live there
        bad = client.post(url("quotas-save", "2026-P"), {"quota-N1A-stable": wrong})
        assert bad.status_code == 422
        assert list(bad.context["quotas_form"].errors) == ["quota-N1A-stable"]
        assert f'value="{wrong}"' in bad.content.decode()
        assert Quota.objects.get().wanted == 2
    assert client.post(url("quotas-save", "2026-P"), {"quota-N1A-stable": "1"}).status_code == 302
    assert client.post(url("sample-draw", "2026-P"), {"seed": "5"}).status_code == 302
    assert client.post(url("sample-draw", "2026-P"), {"seed": "6"}).status_code == 422
    assert client.post(url("wave-open", "2026-P")).status_code == 302
    wave = Wave.objects.get(code="2026-P")
    assert (wave.seed, wave.state, wave.title) == (5, "open", "试点")
    assert client.post(url("wave-close", "2026-P")).status_code == 302
