"""Photographs of the demonstration: drawn walls, stained before the work and clean after it."""

import io
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from complaints.demo.shown import cases_to_show
from complaints.models import Case, CaseEntry, CaseFile, FileRole
from complaints.states import State
from core.attachments import keep
from core.attachments.store import MEGABYTE, discard_after_commit
from customers.demo.parts import Scene

CASES: Final = 8
SIZE: Final = (960, 720)
WALLS: Final = ("#d9d4c7", "#cfd6d8", "#dcd3d0", "#d3d8cc")
TITLES: Final = ("卫生间顶部", "主卧外墙", "阳台墙角", "客厅窗边")
STAGES: Final = (State.IN_PROGRESS, State.RESOLVED, State.CALLED_BACK, State.CLOSED)
LOG_KINDS: Final = {"register": FileRole.BEFORE, "resolve": FileRole.AFTER}


def write_pictures(scene: Scene) -> int:
    """Attach photographs to cases of the work on buildings. Returns how many."""
    chance = Random(23)  # noqa: S311  drawings, no secrets
    cases = [
        case
        for case in cases_to_show(scene)
        if case.state in STAGES and case.top_category and case.top_category.name == "工程质量"
    ]
    return sum(_of_case(case, place, chance) for place, case in enumerate(cases[:CASES]))


def _of_case(case: Case, place: int, chance: Random) -> int:
    """Two photographs as the case came in, one of the finished work if it is finished."""
    title, wall, count = TITLES[place % 4], WALLS[place % 4], 0
    for entry in CaseEntry.objects.filter(case=case, kind__in=LOG_KINDS).order_by("at", "pk"):
        role = LOG_KINDS[entry.kind]
        for number in range(2 if role == FileRole.BEFORE else 1):
            name = f"{title}{'' if role == FileRole.BEFORE else '完工'}{number + 1}.jpg"
            drawn = _wall(wall, chance, stains=3 if role == FileRole.BEFORE else 0)
            kept = keep(io.BytesIO(drawn), name, most_bytes=MEGABYTE)
            CaseFile.objects.create(
                case=case,
                entry=entry,
                role=role,
                uploaded_by_id=entry.by_id or case.handler_id,
                uploaded_at=entry.at,
                **kept.columns(),
            )
            count += 1
    return count


def _wall(colour: str, chance: Random, *, stains: int) -> bytes:
    """A wall with a skirting, a window and so many damp stains."""
    picture = Image.new("RGB", SIZE, colour)
    pen = ImageDraw.Draw(picture)
    for _stain in range(stains):
        x, y = chance.randrange(60, 640), chance.randrange(20, 340)
        for ring, shade in ((150, "#b8a888"), (110, "#a08d68"), (60, "#8a7753")):
            pen.ellipse((x, y, x + ring * 1.6, y + ring), fill=shade)
    picture = picture.filter(ImageFilter.GaussianBlur(14))
    pen = ImageDraw.Draw(picture)
    left = chance.randrange(620, 700)
    pen.rectangle((left, 120, left + 210, 420), fill="#a9c4d8", outline="#f4f4f0", width=14)
    pen.line((left + 105, 120, left + 105, 420), fill="#f4f4f0", width=10)
    pen.rectangle((0, 650, SIZE[0], SIZE[1]), fill="#8d6f52")
    pen.line((0, 650, SIZE[0], 650), fill="#f4f4f0", width=16)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def discard_pictures(cases: list[int]) -> None:
    """Delete the files of cases that go, once they are gone."""
    for name in CaseFile.objects.filter(case__in=cases).values_list("stored_name", flat=True):
        discard_after_commit(name)
