"""Filters and tags of the pages: what they write, and what they refuse."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from core import display
from core.keyset import Page
from core.templatetags import crm
from core.widgets import DateInput, MoneyInput

NOON = datetime(2026, 11, 20, 7, 20, tzinfo=UTC)  # 15:20 in Shanghai


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def render(source: str, path: str = "/customers/?unit=HZ01&sort=name&after=abc", **context) -> str:
    request = RequestFactory().get(path)
    html = Template(source).render(Context({"request": request, **context}))
    return " ".join(html.split())


class Filter(forms.Form):
    q = forms.CharField(required=False)
    stage = forms.ChoiceField(
        label="Stage", choices=[("", "All"), ("new", "Owner-to-be")], required=False
    )
    since = forms.DateField(label="Since", required=False, widget=DateInput())
    shared = forms.BooleanField(label="Shared", required=False)
    kinds = forms.MultipleChoiceField(
        label="Kinds", choices=[("a", "Call"), ("b", "Visit")], required=False
    )


class Customer(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the contract.")
    amount = forms.DecimalField(label="Amount", widget=MoneyInput(), required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("p", "Person")], widget=forms.RadioSelect)
    secret = forms.CharField(label="Secret", widget=forms.PasswordInput, required=False)
    agreed = forms.BooleanField(label="Agreed", required=False)


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (display.thousands, 1284, "1,284"),
        (display.thousands, 0, "0"),
        (display.thousands, None, "—"),
        (display.share, Decimal("0.93"), "93.0%"),
        (display.share, 0.62649, "62.6%"),
        (display.score, 3.855, "3.86"),
        (display.signed, 7.7, "+7.7"),
        (display.signed, -7.7, "-7.7"),
        (display.signed, 0, "0.0"),
        (display.signed, -0.01, "0.0"),
        (display.money, Decimal("1234.5"), "¥1,234.50"),
        (display.money, Decimal("-12"), "-¥12.00"),
        (display.money, 2.675, "¥2.68"),
        (display.money, None, "—"),
        (display.money_short, 99_999.99, "¥99,999.99"),
        (display.money_short, 751_600, "¥75.16×10k"),
        (display.masked_phone, "+8613812345507", "138****5507"),
        (display.masked_phone, "13812345507", "138****5507"),
        (display.masked_phone, "027-87654321", "027-****4321"),
        (display.masked_phone, "12345", "****45"),
        (display.masked_phone, "", "—"),
        (display.masked_identity, "42010619850304123X", "420***********123X"),
        (display.masked_identity, "E1234567", "E*******"),
        (display.masked_identity, None, "—"),
        (display.masked_email, "zhou@example.cn", "z***@example.cn"),
        (display.masked_email, "nobody", "—"),
    ],
)
def test_values_are_written_as_the_rules_say(function, value, expected):
    assert function(value) == expected


def test_a_capped_count_says_so():
    assert display.capped(1000, 1000) == "1,000"
    assert display.capped(1001, 1000) == "1000+"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("", "2026-11-20 15:20"),
        ("date", "2026-11-20"),
        ("short", "11-20 15:20"),
        ("clock", "15:20"),
        ("weekday", "11-20 Fri"),
        ("month", "2026-11"),
    ],
)
def test_instants_are_written_in_local_time(style, expected):
    assert display.when(NOON, style) == expected


def test_an_unknown_style_of_dates_is_refused():
    with pytest.raises(LookupError, match="'long' is not a style of dates"):
        display.when(NOON, "long")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(seconds=20), "Just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=12), "12 minutes ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(hours=24), ""),
        (timedelta(minutes=-1), ""),
    ],
)
def test_ago_is_said_only_within_a_day(before, expected):
    assert display.ago(NOON - before, now=NOON) == expected


def test_a_missing_value_has_a_word_for_screen_readers():
    assert render("{{ value|money }}", value=None) == (
        '<span class="crm-missing"><span aria-hidden="true">—</span>'
        '<span class="visually-hidden">none</span></span>'
    )
    assert render("{{ value|dash }}", value=0) == "0"


def test_time_carries_its_machine_form():
    assert render('{% time value "short" %}', value=NOON) == (
        '<time datetime="2026-11-20T15:20:00+08:00" class="crm-nowrap">11-20 15:20</time>'
    )
    assert 'datetime="2026-11-20"' in render("{% time value %}", value=date(2026, 11, 20))


def test_values_from_outside_are_escaped():
    assert "<b>" not in render("{{ value|masked_email }}", value="<b>x@<b>")
    assert "<b>" not in render('{% badge value "ok" %}', value="<b>")


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% url_with sort="-name" %}', "/customers/?unit=HZ01&amp;sort=-name"),
        ("{% url_with unit=None %}", "/customers/?sort=name"),
        ('{% url_with after="xyz" %}', "/customers/?unit=HZ01&amp;sort=name&amp;after=xyz"),
        ('{% url_with unit="" sort=None %}', "/customers/"),
    ],
)
def test_url_with_changes_parameters_and_drops_the_place(source, expected):
    assert render(source) == expected


def test_an_address_that_is_not_installed_is_empty():
    assert render('[{% url_or_empty "nowhere:at-all" %}]') == "[]"


def test_an_asset_missing_from_the_manifest_does_not_fail(monkeypatch):
    def missing(path: str) -> str:
        raise ValueError(f"Missing staticfiles manifest entry for {path!r}")

    monkeypatch.setattr(crm.staticfiles_storage, "url", missing)
    assert crm.asset("css/base.css") == "/static/css/base.css"


# --- components ---------------------------------------------------------------------------------


def test_a_badge_has_icon_word_and_tone():
    html = render('{% badge "Overdue" "bad" %}')
    assert 'class="crm-badge crm-tone-bad"' in html
    assert "#alert-octagon" in html
    assert "Overdue" in html


def test_a_badge_refuses_an_unknown_tone():
    with pytest.raises(TemplateSyntaxError, match="'red' is not a tone"):
        render('{% badge "Overdue" "red" %}')


def test_a_masked_value_without_right_has_no_button():
    assert "<form" not in render('{% masked_value "138****5507" "Show the phone" %}')
    html = render('{% masked_value "138****5507" "Show the phone" action="/reveal/" %}')
    assert 'action="/reveal/"' in html
    assert 'aria-label="Show the phone"' in html


def test_a_head_sorts_and_then_turns_round():
    first = render('{% sort_head "stage" "Stage" %}')
    assert "aria-sort" not in first
    assert 'href="/customers/?unit=HZ01&amp;sort=stage"' in first
    again = render('{% sort_head "name" "Name" %}')
    assert 'aria-sort="ascending"' in again
    assert 'href="/customers/?unit=HZ01&amp;sort=-name"' in again


def test_the_pager_links_only_where_there_are_rows():
    page = Page(rows=[1, 2], previous="", next="xyz", size=2)
    html = render("{% pager page %}", page=page)
    assert html.count("<a ") == 1
    assert 'href="/customers/?unit=HZ01&amp;sort=name&amp;after=xyz"' in html
    assert "2 rows shown" in html


def test_the_pager_also_turns_counted_pages():
    html = render("{% pager page %}", page=Paginator([1, 2, 3], 1).page(2))
    assert "page=1" in html
    assert "page=3" in html


def test_the_stepper_says_where_it_stands():
    steps = [{"label": word, "state": state} for word, state in [("A", "done"), ("B", "current")]]
    html = render("{% stepper steps %}", steps=steps)
    assert html.count('aria-current="step"') == 1
    assert "Step 2 of 2: B" in html


def test_blocks_wrap_their_content():
    html = render('{% card title="Facts" %}<p>{{ text }}</p>{% endcard %}', text="<b>")
    assert "<h2>Facts</h2>" in html
    assert "<p>&lt;b&gt;</p>" in html


def test_an_undo_travels_in_the_tags_of_a_message():
    assert crm.undo_url(SimpleNamespace(extra_tags="wide undo=/moves/7/undo/")) == "/moves/7/undo/"
    assert crm.undo_url(SimpleNamespace(extra_tags="")) == ""


def test_a_spark_spans_its_box():
    assert crm.spark_points([1, 3]) == "0.0,22.0 96.0,2.0"
    assert crm.spark_points([5]) == ""


# --- forms --------------------------------------------------------------------------------------


def test_a_refused_form_says_what_needs_a_change():
    form = Customer({"name": "", "amount": "x"})
    html = render("{% crm_form form %}", form=form)
    assert "3 fields need a change; everything else is kept." in html
    assert '<a href="#id_name">Name</a>' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert html.count('aria-invalid="true"') == 3


def test_a_fresh_form_has_no_summary():
    html = render("{% crm_form form %}", form=Customer())
    assert 'role="alert"' not in html
    assert '<label class="form-label" for="id_name">' in html


def test_each_kind_of_field_gets_its_shape():
    form = Customer()
    assert 'class="crm-affix"><span aria-hidden="true">¥</span>' in render(
        "{% crm_field form.amount %}", form=form
    )
    assert "<legend" in render("{% crm_field form.kind %}", form=form)
    assert 'data-crm="password"' in render("{% crm_field form.secret %}", form=form)
    assert 'class="form-check-input"' in render("{% crm_field form.agreed %}", form=form)


def test_keywords_become_attributes_of_the_input():
    html = render('{% crm_field form.name autocomplete="username" %}', form=Customer())
    assert 'autocomplete="username"' in html


# --- filters of lists ---------------------------------------------------------------------------


def chips(query: str) -> list[tuple[str, str, str]]:
    request = RequestFactory().get(f"/customers/?{query}")
    found = crm.active_filters(Context({"request": request}), Filter(request.GET))
    return [(chip["label"], chip["value"], chip["url"]) for chip in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("stage=&sort=name", []),
        ("stage=new", [("Stage", "Owner-to-be", "/customers/")]),
        ("since=2026-11-01", [("Since", "2026-11-01", "/customers/")]),
        ("shared=on&after=abc", [("Shared", "Yes", "/customers/")]),
        ("kinds=a&kinds=b", [("Kinds", "Call, Visit", "/customers/")]),
        ("stage=new&sort=name", [("Stage", "Owner-to-be", "/customers/?sort=name")]),
        ("stage=nonsense", []),
    ],
)
def test_active_filters_are_removable_one_by_one(query, expected):
    assert chips(query) == expected


def test_the_filter_bar_keeps_what_is_no_filter():
    path = "/customers/?stage=new&sort=name&after=abc"
    form = Filter(RequestFactory().get(path).GET)
    html = render('{% filter_bar form label="Filter" visible=1 %}', path=path, form=form)
    assert '<input type="hidden" name="sort" value="name">' in html
    assert "abc" not in html
    assert html.index('name="stage"') < html.index("<details") < html.index('name="since"')
