"""What stands around a case: the tab on the customer's page, its mails, the numbers in the menu,
what attached files are said to show, and photographs from the dialog of the board."""

import io
import re
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.models import CaseEntry, CaseFile
from complaints.selectors.answers import mail_address_of
from complaints.services.files import attach_file, change_file
from complaints.services.incoming import register_mail
from core.display import file_size
from core.errors import Refused
from customers.tabs import tabs_for
from tests import attached
from tests.complaints.cases import cast_of, fresh, stand
from tests.factories import make_case, make_customer, make_mail, make_place, make_user, say

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nothing_remembered(settings, tmp_path):
    settings.PRIVATE_FILES = tmp_path
    cache.clear()


# --- the page of a customer -----------------------------------------------------------------------


def page_of(client, customer) -> tuple[str, int]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"{customer.get_absolute_url()}?tab=cases")
    return answer.content.decode(), len(queries)


def test_a_customer_s_cases_are_a_tab_cut_to_the_reader(client, world):
    customer = make_customer(unit=world.n1a)
    make_place(customer=customer, unit=world.s1a)
    mine = make_case(unit=world.n1a, customer=customer, assign=False)
    theirs = make_case(unit=world.s1a, customer=customer, assign=False)
    client.force_login(cast_of(world)["head"])
    page_of(client, customer)  # the first visit of the day

    page, with_one = page_of(client, customer)

    assert mine.number in page
    assert theirs.number not in page
    timeline = client.get(customer.get_absolute_url()).content.decode()
    assert mine.get_absolute_url() in timeline
    assert theirs.get_absolute_url() not in timeline
    assert re.search(r'aria-current="page">[^<]+ <span class="crm-count">1<', page)
    for _more in range(2):
        make_case(unit=world.n1a, customer=customer, assign=False)
    page, with_three = page_of(client, customer)
    assert page.count(f'<a href="/complaints/{mine.pk}/">') == 1
    assert (with_three, page.count("crm-card-row")) == (with_one, 3)


def test_whoever_sees_no_cases_has_no_such_tab():
    nobody = SimpleNamespace(has_perm=lambda right: right != "complaints.view_case")
    assert "cases" not in {tab.key for tab in tabs_for(nobody)}


# --- mails ----------------------------------------------------------------------------------------


def test_a_case_leads_back_to_its_mail_for_those_who_may_open_it(client, world):
    mail = make_mail("主卧渗水", unit=world.n1a)
    officer = make_user(unit=world.n1a, role="hotline")
    case = register_mail(
        mail, by=officer, unit=world.n1a, content="主卧渗水", name="陈志远", assign=False
    )

    client.force_login(officer)
    assert mail.get_absolute_url() in client.get(case.get_absolute_url()).content.decode()
    client.force_login(world.reader)
    assert mail.get_absolute_url() not in client.get(case.get_absolute_url()).content.decode()


def test_an_individual_is_answered_at_the_address_he_wrote_from(world):
    customer = make_customer(unit=world.n1a)
    officer = make_user(unit=world.n1a, role="hotline")
    plain = make_case(unit=world.n1a, customer=customer, assign=False)
    assert mail_address_of(plain) == ""
    mail = make_mail("主卧渗水", unit=world.n1a)
    case = register_mail(
        mail, by=officer, unit=world.n1a, content="渗水", customer=customer, assign=False
    )

    assert mail_address_of(case) == "owner@example.cn"


def test_the_menu_says_how_many_mails_wait_within_reach(client, world):
    for number, place in enumerate((world.n1a, world.n1a, world.n1b)):
        make_mail(f"报修 {number}", unit=place)
    client.force_login(cast_of(world)["head"])

    page = client.get("/complaints/").content.decode()

    counted = re.search(r'href="/complaints/incoming/".*?crm-count"[^>]*>(\d+)<', page, re.S)
    assert counted[1] == "2"


# --- what files show ------------------------------------------------------------------------------


def test_what_a_file_shows_is_changed_and_the_log_keeps_what_it_was(client, world):
    case = make_case(unit=world.n1a, assign=False)
    head = cast_of(world)["head"]
    file = attach_file(case, io.BytesIO(attached.photo()), "a.jpg", by=head, caption="客厅")
    address = reverse("complaints:file-edit", args=[case.pk, file.pk])
    client.force_login(head)

    done = client.post(address, {"role": "after", "caption": "客厅 完工"})

    assert done.status_code == 302
    held = CaseFile.objects.get()
    assert (held.role, held.caption) == ("after", "客厅 完工")
    facts = CaseEntry.objects.get(case=case, kind="file_changed").facts
    assert facts["roles"] == ["general", "after"]
    assert facts["captions"] == ["客厅", "客厅 完工"]
    assert "客厅 → 客厅 完工" in client.get(case.get_absolute_url()).content.decode()
    client.post(address, {"role": "after", "caption": "客厅 完工"})
    assert CaseEntry.objects.filter(kind="file_changed").count() == 1
    with pytest.raises(Refused):
        change_file(held, by=world.south_head, role="before", caption="")


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (340 * 1024, "340 KB"),
        (1536 * 1024, "1.5 MB"),
        (20 << 20, "20 MB"),
    ],
)
def test_sizes_have_no_empty_decimals(count, shown):
    assert file_size(count) == shown


def test_forms_name_their_empty_choice(client, world):
    client.force_login(world.admin)
    for name in ("answer-new", "category-new", "level-new"):
        answer = client.get(reverse(f"complaints:{name}"))
        assert (answer.status_code, "---------" in answer.content.decode()) == (200, False)


# --- the dialog of the board ----------------------------------------------------------------------


def test_the_dialog_of_the_board_takes_the_photograph_that_the_move_asks_for(client, world):
    say(world.group, "complaints.photos_after_resolve", ("complaint",))
    cast = cast_of(world)
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])
    client.force_login(cast["handler"])

    dropped = client.post(
        reverse("complaints:drop", args=[case.pk]),
        {"column": "resolved", "version": case.version},
        headers=HTMX,
    ).content.decode()

    form, key, version = (
        re.search(rf'name="{name}" value="([^"]*)"', dropped)[1]
        for name in ("draft_form", "draft", "draft_version")
    )
    photo = SimpleUploadedFile("完工.jpg", attached.photo(), "image/jpeg")
    told = {"draft_form": form, "draft": key, "draft_version": version}
    assert client.post(reverse("core:draft-files"), told | {"files": photo}).status_code == 200
    move = reverse("complaints:move", args=[case.pk, "resolve"])
    words = {"version": case.version, "resolution": "已重新做防水"}
    assert client.post(move, words, headers=HTMX).status_code == 422  # another key, no photograph
    assert client.post(move, words | told, headers=HTMX).status_code == 204
    assert fresh(case).state == "resolved"
    assert CaseFile.objects.get(case=case).role == "after"
