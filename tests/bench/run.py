"""A whole run: servers, data, measurements, table, var/bench.json."""

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
WHATS = ("page", "page_sql", "sql", "raw", "minimal", "page_cpu", "minimal_cpu")


def run(options: argparse.Namespace) -> int:
    """Measure and judge; 0 when every target was met."""
    from tests.bench import servers

    django.setup()
    started = servers.start()
    try:
        return _run(options)
    finally:
        if options.stop or started:
            servers.stop()


def _run(options: argparse.Namespace) -> int:
    from tests.bench import data
    from tests.bench.measure import Bench
    from tests.bench.scenes import MAKERS
    from tests.bench.targets import verdicts_on

    call_command("collectstatic", interactive=False, verbosity=0)
    for size in options.size:
        say(f"Data of {size:,} customers ...")
        seconds = data.ensure(size, fresh=options.fresh)
        say(f"  made in {seconds:,.0f} s" if seconds else "  kept from an earlier run")
    # Before the pages open connections: a database in use cannot be copied.
    import_verdicts: list[Any] = []
    imports = _imports(options, import_verdicts) if "import" in options.only else {}
    log_ins = _log_ins(options, import_verdicts) if "log-in" in options.only else {}
    parts = [part for part in options.only if part in MAKERS]
    benches = [Bench(size, parts) for size in options.size] if parts else []
    for bench in benches:
        bench.prepare()
    began = time.perf_counter()
    for _ in range(options.rounds if benches else 0):
        for bench in benches:
            bench.round()
    say(f"Measured in {time.perf_counter() - began:,.0f} s.")
    verdicts = verdicts_on(benches)
    verdicts = [*verdicts, *import_verdicts, *_sets(options)]
    verdicts += [*_cases(options), *_scoring(options), *_survey(options)]
    verdicts += [*_money(options), *_duty(options), *_figures_kept(options)]
    _print_figures(benches)
    _print_verdicts(verdicts)
    _write(options, benches, verdicts, {"imports": imports, "log_ins": log_ins})
    if options.explain:
        _explain(benches, verdicts)
    return 0 if all(verdict.met for verdict in verdicts) else 1


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{text}\n")


def out(text: str) -> None:
    """Results, on standard output."""
    sys.stdout.write(f"{text}\n")


def _imports(options: argparse.Namespace, verdicts: list[Any]) -> dict[int, Any]:
    from tests.bench import imports
    from tests.bench.targets import IMPORT_TO_BARE, Verdict

    found = {}
    for size in options.size:
        rows = min(options.import_rows, size)
        say(f"Importing {rows:,} rows into {size:,} customers ...")
        product, bare = imports.run(size, rows)
        found[size] = {
            "rows": rows,
            "rows_a_second": product.rows_a_second,
            "bare_rows_a_second": bare.rows_a_second,
            "cpu_s": product.cpu,
            "bare_cpu_s": bare.cpu,
            "peak_mb": product.peak,
            "bare_peak_mb": bare.peak,
            "report": product.report,
        }
        speed, floor = product.rows_a_second, bare.rows_a_second
        verdicts.append(
            Verdict(
                size,
                f"import, peak {product.peak:,.0f} MB, CPU {product.cpu:,.0f} s",
                "rows a second / bare import",
                speed,
                floor,
                speed / floor,
                IMPORT_TO_BARE,
                at_least=True,
            )
        )
    return found


def _log_ins(options: argparse.Namespace, verdicts: list[Any]) -> dict[int, Any]:
    from tests.bench import log_in
    from tests.bench.targets import LOG_IN_TO_BARE, Verdict

    found = {}
    for size in options.size:
        say(f"Logging in among {size:,} customers ...")
        figures = log_in.run(size, options.rounds)
        speed, floor = figures.a_second, figures.bare_a_second
        found[size] = {"a_second": speed, "bare_a_second": floor}
        what = "log-ins a second / bare argon2"
        verdicts.append(
            Verdict(size, "log-in", what, speed, floor, speed / floor, LOG_IN_TO_BARE, True)
        )
    return found


def _sets(options: argparse.Namespace) -> list[Any]:
    from tests.bench import sets

    if "sets" not in options.only:
        return []
    found = []
    for size in options.size:
        say(f"Working on all places of {size:,} customers at once ...")
        found += sets.run(size, options.rounds)
    return found


def _cases(options: argparse.Namespace) -> list[Any]:
    from tests.bench import cases

    if "cases" not in options.only:
        return []
    found = []
    for size in options.size:
        say(f"Reading {options.cases:,} cases beside {size:,} customers ...")
        found += cases.run(size, options.cases, options.rounds, explain=options.explain)
    return found


def _scoring(options: argparse.Namespace) -> list[Any]:
    from tests.bench import scoring

    if "scoring" not in options.only:
        return []
    found = []
    for size in options.size:
        say(f"Scoring {options.ratings:,} ratings beside {size:,} customers ...")
        found += scoring.run(size, options.ratings, options.rounds)
    return found


def _money(options: argparse.Namespace) -> list[Any]:
    from tests.bench import money

    found = []
    for size in options.size if "money" in options.only else ():
        found += money.run(size, options.papers, options.rounds)
    return found


def _duty(options: argparse.Namespace) -> list[Any]:
    from tests.bench import duty

    found = []
    for size in options.size if "log-ins" in options.only else ():
        found += duty.run(size, options.people, options.rounds)
    return found


def _figures_kept(options: argparse.Namespace) -> list[Any]:
    from tests.bench import figures

    found = []
    for size in options.size if "figures" in options.only else ():
        found += figures.run(size, options.rounds)
    return found


def _survey(options: argparse.Namespace) -> list[Any]:
    from tests.bench import survey

    if "survey" not in options.only:
        return []
    found = []
    for size in options.size:
        say(f"Handing in answers beside {size:,} customers ...")
        verdicts, figures = survey.run(size)
        for name, value in figures.items():
            say(f"  {name}: {value:,.1f}")
        found += verdicts
    return found


def _print_figures(benches: list[Any]) -> None:
    head = ("", "queries", "page SQL", "list SQL", "bare SQL", "page", "minimal", "ratio", "CPU")
    for bench in benches:
        out(f"\n{bench.size:,} customers, medians in ms")
        out("{:<34}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>8}{:>8}".format(*head))
        for (part, name), figures in bench.figures.items():
            page, minimal = figures.median("page"), figures.median("minimal")
            cpu = figures.median("page_cpu") / (figures.median("minimal_cpu") or 1)
            cells = [figures.median(what) for what in ("page_sql", "sql", "raw")]
            out(
                _wide(f"{part} {name}", 34)
                + f"{figures.queries:>8}"
                + "".join(f"{cell:>10.2f}" for cell in cells)
                + f"{page:>10.1f}{minimal:>10.1f}{page / minimal:>8.1f}{cpu:>8.1f}"
            )


def _wide(text: str, width: int) -> str:
    """Pad to a width in which a Chinese character takes two columns."""
    taken = sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
    return text + " " * max(1, width - taken)


def _print_verdicts(verdicts: list[Any]) -> None:
    out("")
    for verdict in verdicts:
        beside = f" / {verdict.beside:,.2f}" if verdict.beside is not None else ""
        sign = "≥" if verdict.at_least else "≤"
        out(
            ("PASS  " if verdict.met else "FAIL  ")
            + f"{verdict.size:>9,}  "
            + _wide(verdict.scene, 34)
            + _wide(verdict.what, 44)
            + f"{verdict.value:,.2f}{beside} = {verdict.ratio:,.2f} ({sign} {verdict.target:g})"
        )
    missed = sum(not verdict.met for verdict in verdicts)
    out(f"\n{len(verdicts) - missed} targets met, {missed} missed")


def _write(
    options: argparse.Namespace, benches: list[Any], verdicts: list[Any], further: dict[str, Any]
) -> None:
    """Write everything that was measured to var/bench.json."""
    path = ROOT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    figures = {
        str(bench.size): {
            f"{part} {name}": {
                "queries": f.queries,
                **{w: f.median(w) for w in WHATS},
            }
            for (part, name), f in bench.figures.items()
        }
        for bench in benches
    }
    document = {
        "machine": platform.platform(),
        "python": platform.python_version(),
        "rounds": options.rounds,
        "figures": figures,
        **further,
        "verdicts": [verdict.as_json() for verdict in verdicts],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    out(f"Written to {path.relative_to(ROOT)}; data and servers are under {settings.CRM_HOME}.")


def _explain(benches: list[Any], verdicts: list[Any]) -> None:
    """Print the plan of the slowest statement of each scene that missed a target by its SQL."""
    shown = set()
    for verdict in verdicts:
        for bench in benches:
            for key in bench.figures:
                scene = (bench.size, f"{key[0]} {key[1]}")
                missed = not verdict.met and scene == (verdict.size, verdict.scene)
                if missed and scene not in shown:
                    shown.add(scene)
                    out(f"\n=== {scene[0]:,} {scene[1]}\n{bench.explain(key)}")
