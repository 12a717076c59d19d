"""Make everything this folder needs to run: virtual environment, packages, front-end files.

Uses nothing but Python's own library, because it runs before anything is installed. Each step is
skipped when its result is current, so that a second run takes a moment. Starts nothing.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / "installed.json"


class SetupError(Exception):
    """A step failed; the message is one sentence that says what to do."""


def say(text: str) -> None:
    """Tell the person what takes so long."""
    sys.stderr.write(f"{text}\n")


def ensure_venv() -> None:
    """Create the virtual environment, or make it anew when its Python is gone."""
    if works([str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]):
        return
    say("Creating the virtual environment .venv ...")
    shutil.rmtree(VENV, ignore_errors=True)
    create = [sys.executable, "-m", "venv", str(VENV)]
    if works(create):
        return
    # Debian ships Python without ensurepip; a package adds it.
    shutil.rmtree(VENV, ignore_errors=True)
    package = f"python3.{sys.version_info.minor}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {package} ...")
        works(["apt-get", "update", "-qq"])
        works(["apt-get", "install", "-qq", "-y", "--no-install-recommends", package])
        if works(create):
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise SetupError(
        f"Python cannot make a virtual environment; please install {package} and run this again."
    )


def works(command: list[str]) -> bool:
    """Whether a command can be run and succeeds; its output is not shown."""
    try:
        done = subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def digest(*names: str) -> str:
    """Hash of the content of some files of this folder."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def ensure_packages(*, dev: bool) -> None:
    """Install the pinned packages unless exactly these were installed before."""
    wanted = {"runtime": digest("requirements.txt")}
    if dev:
        wanted["dev"] = digest("requirements.txt", "requirements-dev.txt")
    try:
        installed = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        installed = {}
    if wanted.items() <= installed.items():
        return
    say("Installing the packages; the first time takes a minute or two ...")
    name = "requirements-dev.txt" if dev else "requirements.txt"
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "-r", name], cwd=ROOT, check=False)  # noqa: S603
    if done.returncode:
        raise SetupError("The packages could not be installed; pip's reason stands above.")
    STAMP.write_text(json.dumps({**installed, **wanted}), "utf-8")


def ensure_paper() -> None:
    """Libraries and a Chinese font for PDF files. Nothing else needs them, so this never fails."""
    ask = [str(PYTHON), "-c", "from core.pdf import missing_packages; print(*missing_packages())"]
    done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    missing = done.stdout.split()
    if done.returncode or not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing what PDF files need ...")
        works(["apt-get", "update", "-qq"])
        if works(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]):
            return
    say(f"PDF files cannot be written until you install (Debian): {' '.join(missing)}")


def run_step(*arguments: str) -> None:
    """Run one of our own programs with the new environment; it explains its own failure."""
    done = subprocess.run([str(PYTHON), *arguments], cwd=ROOT, check=False)  # noqa: S603
    if done.returncode:
        raise SetupError(f"The step `{' '.join(arguments)}` failed; its reason stands above.")


def main() -> int:
    """Entry point; exit status 2 with one sentence when a step fails."""
    parser = argparse.ArgumentParser(description="Install what is missing.")
    parser.add_argument("--dev", action="store_true", help="the tools of development too")
    options = parser.parse_args()
    try:
        with (ROOT / "requirements.txt").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second setup waits for the first
            ensure_venv()
            ensure_packages(dev=options.dev)
            ensure_paper()
            run_step("scripts/vendor.py")
            run_step("manage.py", "catalogue", "compile")
    except SetupError as problem:
        say(str(problem))
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
