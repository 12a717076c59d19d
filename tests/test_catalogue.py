"""The Chinese of the product: every sentence has one, and pages show nothing else."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from accounts.models import Role
from accounts.selectors.access import in_words
from core import catalogues, display
from core.jobs import work
from core.models import ImportRun
from tests.factories import (
    World,
    make_activity,
    make_contact,
    make_customer,
    make_ownership,
    make_property,
)

# A translation may be younger than the compiled file. Here, and not in a fixture, because the
# first test of a process that translates anything makes Django read the file for good.
catalogues.compile_all(settings.BASE_DIR)

# What Chinese offices write in Latin letters; keys of the keyboard and examples on the help page.
ALLOWED = set("VIP NPS CRM Excel xlsx csv MB English Ctrl Enter Esc Alt zhangsan zs".split())
# Fixed in Django's administration: alternative texts of its small pictures.
PICTURES = {"Search", "True", "False", "None"}
# Attributes that a person reads or hears; values only of buttons.
SPOKEN = {"alt", "aria-label", "aria-description", "placeholder", "title"}
SILENT = {"script", "style", "template"}
VOID = set("area base br col embed hr img input link meta source track wbr".split())
LATIN = re.compile(r"[A-Za-zÀ-ÿ]{2,}")

OWNERS = "姓名,手机,项目\n陈志远,13800001111,北方花园\n,13800002222,北方花园\n吴鑫,123,北方花园\n"


class Reading(HTMLParser):
    """What a reader meets on a page: its texts and the spoken attributes, but not what says of
    itself that it is in another language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []  # tag, and whether its contents are read
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    @property
    def is_read(self) -> bool:
        return not self.open or self.open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        language = values.get("lang", "zh-Hans")
        is_read = self.is_read and tag not in SILENT and language.startswith("zh")
        if is_read:
            self.texts += [value for name, value in values.items() if _is_spoken(tag, name, values)]
        if tag not in VOID:
            self.open.append((tag, is_read))

    def handle_endtag(self, tag: str) -> None:
        while tag in (name for name, _read in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self.is_read:
            self.texts.append(data)


def _is_spoken(tag: str, name: str, values: dict[str, str]) -> bool:
    is_button = tag in {"input", "button"} and values.get("type") in {"submit", "button", "reset"}
    return name in SPOKEN or (name == "value" and tag == "input" and is_button)


def latin_words(page: str, known: set[str]) -> Iterator[str]:
    """Latin words that a reader of Chinese meets, data and allowed words apart."""
    data = sorted(filter(None, known), key=len, reverse=True)
    codes = re.compile("|".join(map(re.escape, data)) or "(?!)")
    for text in Reading(page).texts:
        for match in LATIN.finditer(codes.sub(" ", text)):
            if match.group(0) not in ALLOWED:
                yield f"{match.group(0)} in {' '.join(text.split())[:80]!r}"


def test_the_catalogue_is_complete():
    assert [str(problem) for problem in catalogues.check(settings.BASE_DIR)] == []


def test_lists_are_written_as_the_language_does():
    assert display.listed(["姓名", "手机", 3]) == "姓名、手机、3"
    with translation.override("en"):
        assert display.listed(["name", "phone"]) == "name, phone"


def test_latin_words_are_seen_in_texts_and_spoken_attributes():
    page = """<html lang="zh-Hans"><title>客户 List</title><style>p {color: red}</style>
      <p>VIP 客户<br>姓名 <b lang="en">English only</b> Name</p><img alt="Logo"><input value="abc">
      <input type="submit" value="Save"><p aria-label="Help me" data-x="secret">HZ01</p></html>"""

    assert [word.split()[0] for word in latin_words(page, {"HZ01"})] == [
        "List", "Name", "Logo", "Save", "Help", "me",
    ]  # fmt: skip


def test_rights_that_roles_give_are_said_in_chinese(db):
    said = [in_words(one) for one in Permission.objects.filter(role__isnull=False).distinct()]
    assert len(said) > 80
    assert [words for words in said if [*latin_words(words, set())]] == []


@pytest.fixture
def things(world: World) -> dict[str, object]:
    """A person with a flat, a plan and a call, and an organisation with a contact."""
    keeper = world.north_clerk
    owner = make_customer(unit=world.n1a, keeper=keeper, name="陈志远", phone="+8613800000001")
    make_ownership(customer=owner, flat=make_property(unit=world.n1a))
    make_activity(customer=owner, by=keeper)
    plan = make_activity(customer=owner, by=keeper, state="planned", kind="visit")
    company = make_customer(unit=world.n1a, keeper=keeper, kind="organisation", name="远岸物业")
    make_contact(customer=company, name="林静", phone="+8613800000002", email="lj@example.cn")
    return {"owner": owner.pk, "company": company.pk, "plan": plan.pk, "codes": _codes(world)}


def _codes(world: World) -> set[str]:
    """Latin letters that are data, or a command to type."""
    codes = {unit.code for unit in world.units.values() if len(unit.code) > 1}
    codes |= {user.employee_no for user in world.people.values()}
    return codes | {"example.cn", "manage.py keys backup FILE", "地区DIY店"}


def check(client, address: str, codes: set[str]) -> None:
    answer = client.get(address, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<html lang="zh-hans"' in page.lower()
    codes = codes | set(re.findall(r"(?:YZ|DW)\d+", page))  # customers
    assert sorted(set(latin_words(page, codes))) == []


@pytest.mark.parametrize("address", ["/login/", "/login/link/nothing/", "/help/"])
def test_visitors_read_chinese(client, db, address):
    page = client.get(address, follow=True).content.decode()

    assert list(latin_words(page, set())) == []


ADMINISTRATORS = [
    "/",
    "/customers/",
    "/customers/?q=%E9%99%88",
    "/imports/",
    "/people/",
    "/people/N-CLERK/",
    "/organisation/units/",
    "/organisation/units/N1A/",
    "/organisation/units/?q=zz",
    "/account/",
    "/account/password/",
    "/search/?q=%E9%99%88%E5%BF%97",
    "/search/?q=zs",
    "/help/",
]


@pytest.mark.parametrize("address", ADMINISTRATORS)
def test_administrators_read_chinese(client, world, things, address):
    client.force_login(world.admin)

    check(client, address, things["codes"])


STAFF = [
    "/",
    "/customers/",
    "/customers/new/",
    "/customers/new/?kind=organisation",
    "/customers/{owner}/",
    "/customers/{owner}/?tab=properties",
    "/customers/{owner}/?tab=places",
    "/customers/{owner}/edit/",
    "/customers/{owner}/activities/new/",
    "/customers/activities/{plan}/complete/",
    "/customers/activities/{plan}/cancel/",
    "/customers/{company}/?tab=contacts",
    "/customers/{company}/contacts/new/",
    "/customers/hand-over/",
]


@pytest.mark.parametrize("address", STAFF)
def test_staff_read_chinese(client, world, things, address):
    client.force_login(world.north_head)

    check(client, address.format(**things), things["codes"])


def test_refused_forms_are_chinese(client, world, things):
    client.force_login(world.north_head)
    for address in ("/customers/new/", f"/customers/{things['owner']}/activities/new/"):
        page = client.post(address, {"phone": "123", "identity": "9"}).content.decode()

        assert "alert" in page
        assert list(latin_words(page, things["codes"])) == []


def test_an_import_is_chinese_from_upload_to_result(client, world, things):
    client.force_login(world.north_keeper)
    check(client, "/imports/new/", things["codes"])
    file = SimpleUploadedFile("业主.csv", OWNERS.encode(), "text/csv")
    mapping = client.post("/imports/new/", {"kind": "owners", "file": file})["Location"]
    check(client, mapping, things["codes"])
    run = ImportRun.objects.get()

    form = client.get(mapping).context["form"]
    client.post(mapping, {name: form[name].value() or "" for name in form.fields})
    for state in ("checked", "applied"):
        check(client, run.get_absolute_url(), things["codes"])  # waiting
        run.refresh_from_db()
        work(run.job_id)
        run.refresh_from_db()
        assert run.state == state
        check(client, run.get_absolute_url(), things["codes"])
        client.post(f"/imports/{run.pk}/apply/")
    assert (run.report["accepted"], run.report["rejected"]) == (1, 2)
    check(client, "/imports/", things["codes"])


BACK_OFFICE = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/role/",
    "/admin/accounts/function/",
    "/admin/accounts/loginrecord/",
    "/admin/regions/orgunit/",
    "/admin/regions/unitlevel/",
    "/admin/audit/entry/",
]


@pytest.mark.parametrize("address", BACK_OFFICE)
def test_the_administration_is_chinese(client, world, things, address):
    client.force_login(world.admin)
    roles = set(Role.objects.values_list("code", flat=True))

    check(client, address, things["codes"] | roles | PICTURES)
