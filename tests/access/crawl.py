"""A reader who opens everything: follows links, tries every filter, searches, exports."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from pypdf import PdfReader

from core import jobs
from core.exports import folder
from core.models import Job
from tests.access.branches import Branch, text_of_workbook
from tests.access.conftest import taken_back

# What ends the visit, changes the language, or is no page of ours.
# A new secret stands on the page of the authenticator each time it is opened.
AVOIDED = (
    "/logout",
    "/admin/logout",
    "/admin/jsi18n",
    "/static/",
    "/language/",
    "/styleguide/",
    "/account/security/app/",
)
# The schedule lists what runs next first, by the clock of the database.
MOVING = frozenset({"/system/jobs/"})
# How many addresses of one shape (route and names of parameters) are opened.
OF_ONE_SHAPE = 2
CHOICES_TRIED = 4
# Acts that ask for a workbook, and where.
EXPORTS = {"EXPORT": "customers:export", "CASES": "complaints:export"}
REQUEST_ID = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}")
TOKEN = re.compile(r"[A-Za-z0-9]{64}")
# Times of the database's clock, which goes on while the clock of the test stands still.
DAYS = "|".join(str(datetime.now(UTC).date() + timedelta(days=n)) for n in (-1, 0, 1, 2))
# Each opened form has a draft of its own.
DRAFT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# Each form carries a key by which a second sending is recognised.
REQUEST_KEY = re.compile(r"\b[0-9a-f]{32}\b")
RUNNING_CLOCK = re.compile(rf'<time datetime="(?:{DAYS})[^>]*>[^<]*</time>')


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing a reader does: GET an address, its ROWS alone, POST a search, EXPORT a filter of
    customers, CASES the same of cases, or API what his program GETs with his token.

    `typed` says that the reader writes foreign words himself, so that finding them proves nothing.
    """

    act: str
    what: str
    typed: bool = False

    def __str__(self) -> str:
        return f"{self.act} {self.what}"


class Links(HTMLParser):
    """The addresses that a page offers, forms filled in once with each of their choices."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[str] = []
        self._form: dict[str, list[str]] | None = None
        self._action = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get", "data-url"):
            if values.get(name, "").startswith(("/", "?")):
                self.found.append(urljoin(self.base, values[name]))
        if tag == "form" and values.get("method", "get").lower() == "get":
            self._form, self._action = {}, urljoin(self.base, values.get("action", ""))
        if self._form is None:
            return
        if tag == "select":
            self._select = values.get("name", "")
        elif tag == "option" and self._select and values.get("value"):
            self._form.setdefault(self._select, []).append(values["value"])
        elif tag == "input" and values.get("type") in ("checkbox", "radio") and "name" in values:
            self._form.setdefault(values["name"], []).append(values.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "form" and self._form is not None:
            for name, choices in self._form.items():
                self.found += [
                    f"{self._action}?{urlencode({name: one})}" for one in choices[:CHOICES_TRIED]
                ]
            self._form = None


def links_in(page: str, base: str) -> list[str]:
    """Addresses of ours that a page offers, without repetitions."""
    parser = Links(base)
    parser.feed(page)
    ours = (link.split("#")[0] for link in parser.found)
    return [
        link for link in dict.fromkeys(ours) if not link.startswith(AVOIDED) and link not in MOVING
    ]


def shape(address: str) -> tuple[str, tuple[str, ...]]:
    """What addresses of the same kind have in common: the route and the parameters' names."""
    parts = urlsplit(address)
    try:
        route = resolve(parts.path).route
    except Resolver404:
        route = parts.path
    query = parse_qsl(parts.query)
    if len(query) == 1:
        # Each choice of a filter alone is a shape of its own, each record and combination is not.
        return route, (parts.query,)
    return route, tuple(sorted(name for name, _value in query))


# --- doing it -----------------------------------------------------------------------------------


def text_of(response: HttpResponse) -> str:
    """What a reader gets to see, hear and save: status, address, names of files, words."""
    data = response.getvalue() if response.streaming else response.content
    heads = [str(response.status_code), response.get("Location", "")]
    heads.append(response.get("Content-Disposition", ""))
    text = "\n".join([*heads, words_of(data, response.get("Content-Type", ""))])
    for changing in (DRAFT, REQUEST_ID, TOKEN, REQUEST_KEY, RUNNING_CLOCK):
        text = changing.sub("", text)
    return text


def words_of(data: bytes, kind: str) -> str:
    """The words of an answer; pictures and recordings have none."""
    if data[:2] == b"PK":
        return text_of_workbook(data)
    if data[:5] == b"%PDF-":
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    return "" if kind.startswith(("image/", "audio/", "video/")) else data.decode()


def perform(client: Client, visit: Visit) -> str:
    """Do it, read the answer, and take back whatever it changed."""
    with taken_back():
        if visit.act == "GET":
            return text_of(client.get(visit.what))
        if visit.act == "ROWS":
            return text_of(client.get(visit.what, headers={"HX-Request": "true"}))
        if visit.act == "API":
            token = {"Authorization": f"Bearer {client.token}"}  # type: ignore[attr-defined]
            return text_of(client.get(visit.what, headers=token))
        if visit.act == "POST":
            return text_of(client.post(reverse("search"), {"q": visit.what}, follow=True))
        return _export(client, EXPORTS[visit.act], visit.what)


def _export(client: Client, route: str, query: str) -> str:
    """Ask for the export, do the job here, fetch the file; its number differs each time."""
    response = client.post(reverse(route), {"filter": query})
    if response.status_code != 302:
        return text_of(response)
    page, job = response["Location"], Job.objects.latest("pk")
    jobs.work(job.pk)
    told = text_of(client.get(page)).replace(str(job.pk), "")
    file = client.get(f"{page}file/")
    (folder() / job.payload["file"]).unlink(missing_ok=True)
    return told + text_of(file).replace(str(job.pk), "")


@dataclass
class Story:
    """What one reader did and read."""

    client: Client
    read: dict[Visit, str] = field(default_factory=dict)

    def crawl(self, starts: Iterable[str], at_most: int) -> None:
        """Follow every link from the start, new routes first and a few of each shape."""
        fresh, waiting, seen = deque(starts), deque[str](), set(starts)
        shapes: Counter[Any] = Counter()
        routes: Counter[str] = Counter()
        while (fresh or waiting) and len(self.read) < at_most:
            address = fresh.popleft() if fresh else waiting.popleft()
            key = shape(address)
            shapes[key] += 1
            if shapes[key] > OF_ONE_SHAPE:
                continue
            routes[key[0]] += 1
            for link in links_in(self.do(Visit("GET", address)), address):
                if link not in seen:
                    seen.add(link)
                    (waiting if routes[shape(link)[0]] else fresh).append(link)

    def do(self, visit: Visit) -> str:
        self.read[visit] = perform(self.client, visit)
        return self.read[visit]

    def findings(self, foreign: Branch, part: str = "") -> Iterator[tuple[Visit, set[str]]]:
        """Do it all again, or what `part` occurs in: what reads differently now, or shows something
        of another branch."""
        for visit, before in self.read.items():
            if part not in visit.what:
                continue
            now = perform(self.client, visit)
            found = set() if visit.typed else foreign.leaks(now)
            if now != before:
                found.add("changed")
            if found:
                yield visit, found
