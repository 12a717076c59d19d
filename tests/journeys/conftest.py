"""A real server, a real worker and a real Chromium for the journeys.

Every page is watched: an error of a script, a breach of the content security policy or an answer
of 400 and above that the story does not expect fails the journey.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.factories import World, make_world
from tests.journeys.browser import WIDE, Watch
from tests.worker import running_worker

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 10_000  # milliseconds

NewPage = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium. Where there is none the journeys fail: they never skip."""
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.fail(f"The journeys need one of {', '.join(CHROMIUMS)} in PATH.", pytrace=False)
    # Playwright keeps an event loop in this thread, and Django refuses to query beside one.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        options = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def world(live_server: LiveServer) -> World:
    """As everywhere, but committed, so that the server sees it."""
    return make_world()


@pytest.fixture
def new_page(browser: Browser, live_server: LiveServer) -> Iterator[NewPage]:
    """Make pages in browsers of their own; `page.watch` is what was noticed on each."""
    pages: list[Page] = []

    def make(**options: Any) -> Page:
        # Without motion no picture is taken halfway from one colour to the other.
        settings = {"viewport": WIDE, "locale": "zh-CN", "reduced_motion": "reduce"} | options
        context = browser.new_context(base_url=live_server.url, **settings)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.watch = Watch(page)
        pages.append(page)
        return page

    yield make
    complaints = [complaint for page in pages for complaint in page.watch.complaints]
    for page in pages:
        page.context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A browser window on an office screen, nobody signed in."""
    return new_page()


@pytest.fixture
def signed_in(new_page: NewPage, live_server: LiveServer) -> Callable[..., Page]:
    """A window of somebody who is signed in already (how one gets in has its own journey)."""

    def sign_in(user: User, **options: Any) -> Page:
        client = Client()
        client.force_login(user)
        page = new_page(**options)
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        page.context.add_cookies([session | {"url": live_server.url}])
        return page

    return sign_in


@pytest.fixture
def worker(world: World, tmp_path: Path) -> Iterator[Popen]:
    """A Celery worker on the test database, for this journey only: it remembers what a flush
    between two tests would change under it."""
    with running_worker(tmp_path) as process:
        yield process


def log_in(page: Page, user: User, password: str) -> None:
    """Through the front door, as people do."""
    page.goto("/login/")
    page.locator("#id_login").fill(user.employee_no)
    page.locator("#id_password").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
