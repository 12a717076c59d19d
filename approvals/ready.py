"""Ready flows and forms: TOML files in the folder `library` of any app (WF-01, WF-03).

Each file with a `[flow]` is one entry of the catalogue: how a kind of paper is approved. With a
`[form]` it is also a paper that everybody may write (approvals.models.Request). Contents are data
in the group's language; keys are those of approvals.definitions.

    key = "seal"                       # of the flow, and of the form; unique over all apps
    name = "用章申请"
    about = "…"                        # one sentence for the catalogue
    group = "行政"                     # the heading under which the catalogue shows it

    [form]
    amount = "optional"                # "required", "optional" or absent
    [[form.fields]]
    key = "document"
    label = "文件名称"
    type = "text"                      # text, choice, yes_no, date, number, customer (his code)
    lines = 1                          # of a text; 4 by default
    required = true                    # the default

    [flow]
    kind = "expenses.application"      # the subject; of a form always "approvals.request"
    model = "predefined"               # fixed, predefined or free
    position = 100                     # lower ones are asked first
    install = true                     # in force from the first day; else an offer of the catalogue
    condition = {all = [{field = "category", is = "eq", value = "gift"}]}
    [[flow.steps]]
    …
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps

REQUEST_KIND = "approvals.request"
AMOUNTS = ("", "optional", "required")
TYPES = ("text", "choice", "yes_no", "date", "number", "customer")  # a customer by his code
FORM = "form"  # the field of a request that says which form it is written on


@dataclass(frozen=True, slots=True)
class ReadyField:
    """A field of a ready form; `choices` of a choice, `lines` of a text."""

    key: str
    label: str
    type: str = "text"
    required: bool = True
    lines: int = 4
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """An entry of the catalogue. `fields` is None for a flow of another app's papers."""

    key: str
    name: str
    kind: str
    definition: Mapping[str, Any]
    about: str = ""
    group: str = ""
    model: str = "predefined"
    position: int = 100
    condition: Mapping[str, Any] = field(default_factory=dict)
    install: bool = True
    amount: str = ""
    fields: tuple[ReadyField, ...] | None = None


@cache
def catalogue() -> Mapping[str, Ready]:
    """Every entry by its key, in the order of group and name. Raises ValueError with the file's
    name for one that does not read."""
    found: dict[str, Ready] = {}
    for config in apps.get_app_configs():
        for path in sorted(Path(config.path).glob("library/*.toml")):
            try:
                stored = tomllib.loads(path.read_text(encoding="utf-8"))
                if "flow" not in stored:
                    continue  # apps keep other ready things in the same folder
                ready = read(stored)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path}: {error}") from error
            if ready.key in found:
                raise ValueError(f"{path}: the key {ready.key!r} is taken")
            found[ready.key] = ready
    return found


def forms() -> dict[str, Ready]:
    """The papers that everybody may write, by key."""
    return {key: ready for key, ready in catalogue().items() if ready.fields is not None}


def read(stored: dict[str, Any]) -> Ready:
    """One file. Raises KeyError, TypeError or ValueError."""
    form, flow = stored.pop("form", None), dict(stored.pop("flow"))
    more: dict[str, Any] = {}
    kind = flow.pop("kind", REQUEST_KIND)
    if form is not None:
        if kind != REQUEST_KIND or form.get("amount", "") not in AMOUNTS:
            raise ValueError("form")
        more["amount"] = form.get("amount", "")
        more["fields"] = tuple(_field(one) for one in form.get("fields", ()))
        own = {"field": FORM, "is": "eq", "value": stored["key"]}
        flow.setdefault("condition", {"all": [own]})
    definition = {"steps": flow.pop("steps"), "rules": flow.pop("rules", {})}
    return Ready(kind=kind, definition=definition, **stored, **flow, **more)


def _field(stored: dict[str, Any]) -> ReadyField:
    one = ReadyField(**(stored | {"choices": tuple(stored.get("choices", ()))}))
    if one.type not in TYPES or (one.type == "choice") != bool(one.choices):
        raise ValueError(one.key)
    return one
