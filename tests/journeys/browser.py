"""What the journeys know about a page: what it complains of, and how it fits and reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from playwright.sync_api import ConsoleMessage, Page, Response

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
AXE = settings.BASE_DIR / "tests" / "vendor" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
axe.run(document, {runOnly: %s}).then(found => JSON.stringify(found.violations.map(one => [
  one.id, one.help, one.nodes.map(node => node.target.join(" ") + "  " + node.html.slice(0, 160))
])))
"""


class Watch:
    """Listens to a page: errors of scripts and of the policy, and answers of 400 and above."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.allowed: set[int] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # The browser's own line about an answer of 400 and above: `_response` knows more.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.complaints.append(f"{response.status}: {response.url}")

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Answers that belong to the story told inside."""
        self.allowed |= set(statuses)
        try:
            yield
        finally:
            self.allowed -= set(statuses)


def axe(page: Page, *rules: str) -> list[str]:
    """Violations that axe-core finds, one text each; of all rules, or of those named.

    The script goes in through the debugger: the page's own policy rightly forbids it.
    """
    debugger = page.context.new_cdp_session(page)
    debugger.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    answer = debugger.send(
        "Runtime.evaluate",
        {
            "expression": RUN % json.dumps([*rules] or TAGS),
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    debugger.detach()
    assert "exceptionDetails" not in answer, answer
    return [
        f"{page.url}: {rule}: {words}\n    " + "\n    ".join(places)
        for rule, words, places in json.loads(answer["result"]["value"])
    ]


def sideways(page: Page) -> list[str]:
    """What sticks out of the page to the right, outside regions that scroll by themselves."""
    return page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return [];
          return [...document.body.querySelectorAll("*")]
            .filter(one => one.getBoundingClientRect().right > wide + 1)
            .map(one => `${location.pathname}: ${one.outerHTML.slice(0, 120)}`);
        }"""
    )


def check(page: Page, *, narrow: bool = False) -> None:
    """The page as it stands breaks no rule of axe; `narrow` also looks at it on a phone."""
    _nothing(axe(page))
    if not narrow:
        return
    page.set_viewport_size(NARROW)
    _nothing(sideways(page))
    _nothing(axe(page))
    page.set_viewport_size(WIDE)


def _nothing(found: list[str]) -> None:
    assert found == [], "\n".join(found)


def picture(page: Page, folder: Path, name: str) -> None:
    """The page as a file, wide and narrow."""
    for tail, size in (("wide", WIDE), ("narrow", NARROW)):
        page.set_viewport_size(size)
        page.screenshot(path=folder / f"{name}-{tail}.png", full_page=tail == "narrow")
    page.set_viewport_size(WIDE)
