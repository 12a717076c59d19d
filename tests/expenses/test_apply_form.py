"""The form of an application: what the category asks, sums, ceilings, budget, way, draft."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.models import Flow
from expenses.models import Application, Category
from expenses.selectors.ways import flows_by_category
from expenses.services import applications, events, gifts
from expenses.states import State
from tests.attached import picture
from tests.expenses.papers import YEAR, give_budget, given, write
from tests.factories import make_case, make_customer

pytestmark = pytest.mark.django_db
NEW = "/expenses/applications/new/"
PANEL = "/expenses/applications/form/panel/"


def form_of(world, *prices: str, code: str = "gift", **more) -> dict[str, str]:
    """What the browser sends for some lines of one piece each."""
    data = {
        "category": code,
        "unit": world.n1a.code,
        "title": "年终拜访",
        "one_off": "on",
        "event_on": timezone.localdate().isoformat(),
        "line-TOTAL_FORMS": str(len(prices) + 1),
        "line-INITIAL_FORMS": "0",
        "gift-TOTAL_FORMS": "1",
        "gift-INITIAL_FORMS": "0",
        "gift-0-quantity": "1",
        f"line-{len(prices)}-quantity": "1",
    }
    for place, price in enumerate(prices):
        data |= {
            f"line-{place}-text": "礼品",
            f"line-{place}-quantity": "1",
            f"line-{place}-price": price,
        }
    return data | more


def test_without_a_category_what_money_is_given_for_stands_to_choose(client, world):
    client.force_login(world.north_clerk)
    page = client.get(NEW).text

    assert "?category=event" in page
    assert "投诉赔付" in page


def test_an_event_of_the_early_morning_keeps_its_day(client, world):
    morning = datetime.fromisoformat(f"{YEAR}-05-04T07:00+08:00")  # the third in UTC
    event = events.save(
        by=world.north_clerk, unit=world.n1a, kind="forum", title="晨跑", starts_at=morning
    )
    client.force_login(world.north_clerk)

    page = client.get(f"{NEW}?category=event&event={event.pk}")

    assert page.context["form"]["event_on"].value() == date(YEAR, 5, 4)


@pytest.mark.parametrize(
    ("code", "asked", "absent"),
    [
        ("event", ("event_on", "customers", "gift-TOTAL_FORMS"), ("id_case", "id_account")),
        ("family", ("account", "phone", "beneficiary_bank"), ("gift-TOTAL_FORMS",)),
        ("compensation", ("id_case",), ("id_people", "gift-TOTAL_FORMS")),
        ("survey", ("line-0-price",), ("id_customers", "id_account", "id_people")),
    ],
)
def test_the_form_asks_what_the_category_wants(client, world, code, asked, absent):
    gifts.receive(
        gifts.create(world.n1, name="保温杯", price=Decimal(60), by=None), quantity=1, by=None
    )
    client.force_login(world.north_clerk)
    page = client.get(f"{NEW}?category={code}").text

    for name in asked:
        assert name in page, name
    for name in absent:
        assert name not in page, name


def test_a_draft_is_saved_and_written_on_and_submitted(client, world, cast):
    give_budget(world)
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_clerk)

    data = form_of(world, "1,200.50", customers=str(customer.pk))
    assert client.post(NEW, data | {"save": "1"}).status_code == 302
    paper = Application.objects.get()
    assert (paper.state, paper.amount, paper.unit) == (
        State.DRAFT, Decimal("1200.50"), world.n1a,
    )  # fmt: skip
    edit = reverse("expenses:edit", args=[paper.pk])
    assert "1200.50" in client.get(edit).text

    more = form_of(world, "1200.50", "99.50", customers=str(customer.pk))
    more |= {"version": str(paper.version), "submit": "1"}
    assert client.post(edit, more).status_code == 302
    paper.refresh_from_db()
    assert (paper.state, paper.amount) == (State.IN_APPROVAL, Decimal("1300.00"))
    assert client.get(edit).status_code == 409


def test_a_refused_form_keeps_what_was_typed_and_saves_nothing(client, world, cast):
    client.force_login(world.north_clerk)

    answer = client.post(NEW, form_of(world, "很多", reason="走访老客户") | {"submit": "1"})

    assert answer.status_code == 422
    assert "走访老客户" in answer.text
    assert "很多" in answer.text
    assert not Application.objects.exists()


def test_submitting_without_budget_is_refused_with_what_is_left_and_who_helps(client, world, cast):
    budget = give_budget(world, "500.00")
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_clerk)

    answer = client.post(NEW, form_of(world, "700.00", customers=str(customer.pk), submit="1"))

    assert answer.status_code == 422
    assert "¥500.00" in answer.text
    assert "¥200.00" in answer.text
    assert not Application.objects.exists()
    budget.refresh_from_db()
    assert budget.reserved == 0


@pytest.mark.parametrize(
    ("price", "passed_by"), [("2999.99", True), ("3000.00", True), ("3000.01", False)]
)
def test_the_way_follows_the_sum_and_says_so(client, world, cast, price, passed_by):
    give_budget(world)
    client.force_login(world.north_clerk)

    panel = client.post(PANEL, form_of(world, price), headers={"HX-Request": "true"}).text

    assert f"¥{Decimal(price):,.2f}" in panel
    assert (cast.general.name in panel) is not passed_by
    assert cast.product.name in panel
    assert 'hx-swap-oob="true"' in panel


def test_the_panel_asks_the_same_queries_for_one_line_and_for_three(client, world, cast):
    give_budget(world)
    client.force_login(world.north_clerk)
    client.post(PANEL, form_of(world, "1.00"))

    def queries(*prices: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.post(PANEL, form_of(world, *prices)).status_code == 200
        return len(captured)

    assert queries("1.00") == queries("1.00", "2.00", "3.00")


def test_one_more_line_keeps_the_others_without_saving(client, world):
    client.force_login(world.north_clerk)
    page = client.post(NEW, form_of(world, "12.00") | {"add": "line"}).text

    assert 'name="line-2-price"' in page
    assert 'value="12.00"' in page
    assert not Application.objects.exists()


def test_customers_and_cases_are_offered_within_reach_only(client, world):
    mine = make_customer(unit=world.n1a, name="周明远")
    make_customer(unit=world.s1a, name="周明亮")
    case, foreign = make_case(unit=world.n1a), make_case(unit=world.s1a)
    client.force_login(world.north_head)

    people = client.get("/expenses/choices/customers/?q=周明").json()
    assert [row["value"] for row in people] == [mine.pk]
    cases = client.get(f"/expenses/choices/cases/?q={case.number[:6]}").json()
    assert case.pk in [row["value"] for row in cases]
    assert foreign.pk not in [row["value"] for row in cases]


def test_a_customer_of_the_sibling_branch_cannot_be_named(client, world):
    foreign = make_customer(unit=world.s1a)
    client.force_login(world.north_clerk)

    answer = client.post(NEW, form_of(world, "10.00", customers=str(foreign.pk), save="1"))

    assert answer.status_code == 422
    assert not Application.objects.exists()


def test_a_plan_goes_over_to_the_application(client, world):
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_clerk)
    data = form_of(world, "10.00", customers=str(customer.pk), save="1")

    assert (
        client.post(NEW, data | {"files": SimpleUploadedFile("plan.jpg", picture())}).status_code
        == 302
    )

    assert [file.name for file in Application.objects.get().files.all()] == ["plan.jpg"]


def test_who_opened_an_older_version_is_told(client, world):
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    paper = write(world, "10.00", customers=[(customer, None)])
    old = paper.version
    applications.save(given(world, "20.00"), by=world.north_clerk, application=paper)
    client.force_login(world.north_clerk)

    data = form_of(world, "30.00", customers=str(customer.pk), save="1", version=str(old))
    answer = client.post(reverse("expenses:edit", args=[paper.pk]), data)

    assert answer.status_code == 409
    paper.refresh_from_db()
    assert paper.amount == Decimal("20.00")
    assert paper.applied_on.year == YEAR


def test_the_summary_of_mistakes_counts_and_links_the_rows(client, world, cast):
    client.force_login(world.north_clerk)
    client.cookies["crm_language"] = "en"
    data = form_of(world, "10.00", "dear", title="") | {"line-1-text": "", "submit": "1"}

    page = client.post(NEW, data)

    summary = page.text.split('data-crm="summary"')[1].split("</ul>")[0]
    assert page.status_code == 422
    for field in ("id_title", "id_customers", "id_line-1-text", "id_line-1-price"):
        assert f'href="#{field}"' in summary, field
    assert summary.count("<li>") == 4
    assert "2" in summary.split('href="#id_line-1-price">')[1].split("</a>")[0]


def test_a_wrong_price_is_told_while_the_form_is_filled_in(client, world, cast):
    client.force_login(world.north_clerk)
    data = form_of(world, "dear", "20.00") | {"line-0-quantity": "0", "line-1-text": ""}

    panel = client.post(PANEL, data, headers={"HX-Request": "true"}).text

    def notes(field: str) -> str:
        return panel.split(f'<div id="{field}_notes" hx-swap-oob="true">')[1].split("</div>")[0]

    assert 'id="id_line-0-price_error"' in notes("id_line-0-price")
    assert 'id="id_line-0-quantity_error"' in notes("id_line-0-quantity")
    assert notes("id_line-1-price") == ""
    assert "id_line-1-text_notes" not in panel  # what is still empty is no mistake yet


def test_a_draft_without_a_name_gets_a_speaking_one(client, world, cast):
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_clerk)
    data = form_of(world, "10.00", title="", customers=str(customer.pk))

    assert client.post(NEW, data | {"submit": "1"}).status_code == 422
    assert client.post(NEW, data | {"save": "1"}).status_code == 302

    paper = Application.objects.get()
    day = timezone.localdate().isoformat()
    assert paper.title.endswith(f" · {paper.category.name} · {day}")


def test_a_category_names_the_flows_that_it_may_take(world):
    ways = flows_by_category(Category.objects.filter(code__in=("gift", "family")), world.n1a)

    assert [way.name for way in ways["family"]] == [Flow.objects.get(key="expense_cash").name]
    assert [way.name for way in ways["gift"]] == list(
        Flow.objects.filter(key__in=("expense_one_off", "expense_goods"))
        .order_by("position")
        .values_list("name", flat=True)
    )
    assert [bool(way.when) for way in (*ways["family"], *ways["gift"])] == [False, True, True]

    condition = {"all": [{"field": "category", "is": "eq", "value": "survey"}]}
    Flow.objects.filter(key="expense_one_off").update(condition=condition)
    ways = flows_by_category(Category.objects.filter(code="gift"), world.n1a)
    assert len(ways["gift"]) == 1
