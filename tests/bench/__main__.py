"""`python -m tests.bench`: start servers of its own, make the data, measure, print, judge."""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    *("list", "search", "detail", "import", "log-in", "sets", "cases"),
    *("scoring", "survey", "money", "log-ins", "figures"),
)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line. Sizes are numbers of customers."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--size", type=int, action="append", help="customers (default 1000000)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts: {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each figure")
    parser.add_argument("--import-rows", type=int, default=100_000, help="rows of the workbook")
    parser.add_argument("--cases", type=int, default=500_000, help="cases, of which 20000 are open")
    parser.add_argument("--papers", type=int, default=200_000, help="papers of money")
    parser.add_argument("--people", type=int, default=20_000, help="people who log in")
    parser.add_argument("--ratings", type=int, default=2_000_000, help="ratings of one wave")
    parser.add_argument("--explain", action="store_true", help="plans of what missed its target")
    parser.add_argument("--fresh", action="store_true", help="make the data anew")
    parser.add_argument("--stop", action="store_true", help="stop the servers at the end")
    options = parser.parse_args(argv)
    options.size = sorted(set(options.size or [100_000, 1_000_000]))
    options.only = [part for part in PARTS if part in options.only.split(",")]
    return options


def prepare_environment() -> None:
    """Point the settings at a home of the benchmarks alone, never at an installation's servers."""
    home = Path(os.environ.get("CRM_HOME") or ROOT / "var" / "bench").absolute()
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CRM_DEBUG", "CRM_HTTPS"):
        os.environ.pop(name, None)
    os.environ["CRM_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "crm_site.settings"
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))


def main(argv: list[str] | None = None) -> int:
    """Run; 0 when every target was met, 1 when one was missed."""
    options = arguments(argv)
    prepare_environment()
    from tests.bench.run import run

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
