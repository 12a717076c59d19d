"""Remarks read by the lexicon."""

import pytest
from django.utils import timezone

from satisfaction.lexicon import BAD, GOOD, WORDS, Topic
from satisfaction.models import Remark, Response, Wave
from satisfaction.selectors.words import tones_of, topics_of
from satisfaction.services.tones import read_again, read_remarks
from satisfaction.words import read


@pytest.mark.parametrize(
    ("text", "tone", "topics"),
    [
        ("停车位太少", -1, ["parking"]),
        ("地下停车位不够用", -1, ["parking"]),
        ("管家服务很热情", 1, ["attitude"]),
        ("保洁很好，电梯太慢", 0, ["lifts", "cleaning"]),
        ("外墙渗水一直没修好", -1, ["leaks", "repair_speed"]),
        ("不满意", -1, []),
        ("很满意", 1, []),
        ("不是很满意", -1, []),
        ("问题一直没有解决", -1, []),
        ("问题很快解决了，感谢", 1, []),
        ("物业服务不太好", -1, []),
        ("没有漏水", 0, ["leaks"]),
        ("好的", 1, []),
        ("无", 0, []),
        ("", 0, []),
        ("🙂 ok", 0, []),
    ],
)
def test_topics_and_tone(text, tone, topics):
    found = read(text)
    assert (found.tone, list(found.topics)) == (tone, topics)


def test_the_lexicon_is_of_one_mind():
    assert not set(GOOD.split()) & set(BAD.split())
    assert set(WORDS) == set(Topic)
    assert max(len(topic) for topic in Topic.values) <= 20


def test_remarks_of_a_wave_are_read_once_and_counted(loaded):
    wave = Wave.objects.select_related("unit").get()
    total = Remark.objects.count()
    assert not Remark.objects.filter(tone=None).exists()  # the scoring of the sample read them
    assert read_remarks(wave) == 0
    read_again()
    assert read_remarks(wave) == total

    counts = {one.topic: one for one in topics_of(wave, wave.unit)}
    parking = Remark.objects.filter(text__contains="停车位太少")
    assert counts["parking"].count == counts["parking"].negative == parking.count()
    assert counts["parking"].examples == ["停车位太少"]
    assert [one.count for one in topics_of(wave, wave.unit)] == sorted(
        (one.count for one in counts.values()), reverse=True
    )
    whole = tones_of(wave, wave.unit)
    assert (whole.count, whole.unread) == (total, 0)
    assert whole.positive == Remark.objects.filter(tone=1).count()

    one = parking.select_related("response__unit").first().response
    stages = [topics_of(wave, wave.unit, stage) for stage in set(_stages())]
    assert sum(t.count for found in stages for t in found if t.topic == "parking") == (
        parking.count()
    )
    below = {one.topic: one.count for one in topics_of(wave, one.unit)}
    assert below["parking"] == parking.filter(response__unit=one.unit).count()
    Response.objects.filter(pk=one.pk).update(voided_at=timezone.now(), void_reason="重复")
    after = {one.topic: one.count for one in topics_of(wave, one.unit)}
    assert after.get("parking", 0) == below["parking"] - 1


def _stages() -> list[str]:
    return list(Response.objects.values_list("stage", flat=True))
