"""Every page of the menu, in both colour modes and on a phone: axe-core finds nothing."""

import pytest
from playwright.sync_api import Page

from tests.factories import World, make_activity, make_customer, make_ownership, make_property
from tests.journeys.browser import NARROW, WIDE, axe, check, sideways

pytestmark = pytest.mark.journey

COLOURS = ("color-contrast", "link-in-text-block")
TABS = ("timeline", "properties", "places")


@pytest.fixture
def archive(world: World) -> World:
    """A few rows of everything that lists and files show."""
    clerk = world.north_clerk
    for number in range(3):
        owner = make_customer(
            unit=world.n1a, by=clerk, keeper=clerk, name=f"陈志{'远强伟'[number]}", level="VIP"
        )
        make_ownership(customer=owner, flat=make_property(unit=world.n1a))
        make_activity(customer=owner, by=clerk)
        make_activity(customer=owner, by=clerk, kind="visit", state="planned")
    world.units["owner"] = owner
    return world


def faults(page: Page, url: str) -> list[str]:
    """What is wrong with a page: in light and in dark colours, and on a phone."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    page.goto(url)
    found = axe(page)
    page.emulate_media(color_scheme="dark")
    # The administration's links fade from one colour to the other; only the last one counts.
    arrived = "Promise.all(document.getAnimations().map(one => one.finished)).then(() => null)"
    page.evaluate(arrived)
    found += axe(page, *COLOURS)
    page.set_viewport_size(NARROW)
    return found + sideways(page)


def menu(page: Page) -> list[str]:
    page.goto("/")
    return page.locator("#crm-menu a.crm-menu-item").evaluate_all(
        "links => links.map(link => new URL(link.href).pathname)"
    )


def test_every_page_of_an_officers_menu_reads_well(archive: World, signed_in):
    page = signed_in(archive.north_clerk)
    places = menu(page)
    assert {"/", "/customers/", "/imports/", "/organisation/units/"} <= {*places}
    file = archive.owner.get_absolute_url()
    for url in (*places, "/help/", "/account/", "/account/password/", "/imports/new/"):
        assert faults(page, url) == []
    for url in (*(f"{file}?tab={tab}" for tab in TABS), f"{file}edit/", f"{file}activities/new/"):
        assert faults(page, url) == []
    for url in ("/customers/new/?kind=organisation", "/search/?q=chen", "/customers/?q=nobody"):
        assert faults(page, url) == []


def test_every_page_of_an_administrators_menu_reads_well(archive: World, signed_in):
    page = signed_in(archive.admin)
    places = menu(page)
    assert {"/people/", "/organisation/units/", "/admin/"} <= {*places}
    for url in (*places, "/people/N-CLERK/", "/organisation/units/N/", "/styleguide/"):
        assert faults(page, url) == []


def test_refusals_read_well(archive: World, signed_in):
    page = signed_in(archive.north_clerk)
    for status, url in ((403, "/styleguide/"), (404, "/customers/999999/")):
        with page.watch.expecting(status):
            assert page.goto(url).status == status
        check(page, narrow=True)
