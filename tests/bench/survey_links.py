"""A wave whose owners all have a link, and the form as each of them will hand it in."""

import secrets
import time
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from core.bulk import copy_rows, next_ids
from regions.models import OrgUnit
from satisfaction.models import (
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireVersion,
    Rating,
    Remark,
    Response,
    Sample,
    SampleState,
    Section,
    SurveyLink,
    Wave,
)
from satisfaction.privacy import NOTICE_VERSION
from satisfaction.services.links import link_hash, mark_of
from tests.bench import servers
from tests.bench.load import request_of

RATED = 12
CSRF = "b" * 32


class Asked:
    """A wave with as many links as will be used, and their tokens."""

    def __init__(self, number: int) -> None:
        group = OrgUnit.objects.get(parent=None)
        self.wave = Wave.objects.create(
            code=f"bench-{time.time_ns()}",
            title="bench",
            unit=group,
            version=_version(),
            state="open",
        )
        self.items = list(self.wave.version.items.order_by("position"))
        self.tokens = [secrets.token_urlsafe(16) for _key in range(number)]
        project = OrgUnit.objects.filter(kind="project").order_by("pk")[0]
        self._write(project)

    def stored(self) -> tuple[int, ...]:
        """How many answers, people and links that were used, ratings a question, and remarks the
        database holds: all the same number where each answer was stored once and whole."""
        ratings = Rating.objects.filter(wave=self.wave).count()
        answered = Sample.objects.filter(wave=self.wave, state=SampleState.ANSWERED)
        return (
            Response.objects.filter(wave=self.wave).count(),
            Response.objects.filter(wave=self.wave).values("sample").distinct().count(),
            answered.filter(response__isnull=False).count(),
            SurveyLink.objects.filter(sample__in=answered).exclude(used_at=None).count(),
            ratings // RATED if ratings % RATED == 0 else -1,
            Remark.objects.filter(wave=self.wave).count(),
        )

    def _write(self, unit: OrgUnit) -> None:
        now = timezone.now()
        with servers.connect(settings.DATABASES["default"]["NAME"]) as database:
            cursor = database.cursor()
            keys = next_ids(cursor, "satisfaction_sample", len(self.tokens))
            copy_rows(
                cursor,
                "satisfaction_sample",
                "id wave_id unit_id region_id city_id project_id stage position state reminders"
                " created_at",
                [
                    (
                        key,
                        self.wave.pk,
                        unit.pk,
                        *unit.scope_columns(),
                        "stable",
                        key,
                        "invited",
                        0,
                        now,
                    )
                    for key in keys
                ],
            )
            links = next_ids(cursor, "satisfaction_surveylink", len(self.tokens))
            until = now + timedelta(days=1)
            copy_rows(
                cursor,
                "satisfaction_surveylink",
                "id sample_id channel token_hash expires_at created_at",
                [
                    (link, key, "link", link_hash(token), until, now)
                    for link, key, token in zip(links, keys, self.tokens, strict=True)
                ],
            )

    def requests(self) -> list[bytes]:
        """The form of every token, handed in, as bytes."""
        return [self._request(token) for token in self.tokens]

    def _request(self, token: str) -> bytes:
        fields = {
            "csrfmiddlewaretoken": CSRF,
            "page": "1",
            "mark": mark_of(token),
            "notice": NOTICE_VERSION,
            "next": "1",
            "q": [item.pk for item in self.items],
            **{f"s{item.pk}": 1 + item.pk % 5 for item in self.items[:RATED]},
            f"t{self.items[-1].pk}": "停车位太少，物业很好。",
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={CSRF}; survey={token}.{int(time.time()) - 90}",
        }
        return request_of("/s/form/", urlencode(fields, doseq=True).encode(), headers)


def _version() -> QuestionnaireVersion:
    questionnaire = Questionnaire.objects.create(
        code=f"bench-{time.time_ns()}"[:40], kind="owners", title="bench"
    )
    version = QuestionnaireVersion.objects.create(questionnaire=questionnaire, number=1)
    section = Section.objects.create(version=version, position=1, title="bench")
    common = {"version": version, "section": section}
    for place in range(1, RATED + 1):
        role = ItemRole.OVERALL if place == 1 else ItemRole.ITEM
        Item.objects.create(
            **common, position=place, role=role, name=f"{place}", low=1, high=5, is_required=True
        )
    Item.objects.create(**common, position=RATED + 1, role=ItemRole.REMARK, name="words")
    QuestionnaireVersion.objects.filter(pk=version.pk).update(frozen_at=timezone.now())
    return QuestionnaireVersion.objects.get(pk=version.pk)
