"""The eyes of the journeys see: each kind of fault is found on a page made faulty on purpose."""

import pytest

from tests.journeys.browser import NARROW, axe, sideways

pytestmark = pytest.mark.journey


def test_faults_of_a_page_are_noticed(page):
    page.goto("/login/")
    page.evaluate(
        """() => {
          const style = document.createElement("style");
          style.textContent = "h1 { color: red }";
          document.head.append(style);
          console.error("a fault of a script");
          document.querySelector("h1").insertAdjacentHTML("afterend", "<img src='/nowhere.png'>");
          window.setTimeout(() => { throw new Error("an uncaught one") });
        }"""
    )
    page.wait_for_load_state("networkidle")
    seen = "\n".join(page.watch.complaints)
    for words in ("Content Security Policy", "a fault of a script", "an uncaught one", "404: "):
        assert words in seen
    assert len(page.watch.complaints) == 4
    page.watch.complaints.clear()


def test_barriers_and_overflow_are_found(page):
    page.goto("/login/")
    page.set_viewport_size(NARROW)
    assert axe(page) == []
    assert sideways(page) == []
    page.evaluate(
        """() => {
          const plate = document.createElement("div");
          plate.style.width = "800px";
          plate.append(document.createElement("img"));
          document.querySelector("h1").after(plate);
        }"""
    )
    assert [fault.split(": ")[1] for fault in axe(page)] == ["image-alt"]
    assert "width: 800px" in sideways(page)[0]
