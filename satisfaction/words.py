"""Reading remarks by the lexicon: topics and tone of a text (SAT-09). No database here.

A text is cut into words by rjieba, which knows general Chinese; the words of the lexicon that it
would cut apart are looked for in the text itself. The rules are few, so that a reader can tell why
a remark counts as it does; docs/scoring.md has them with examples.
"""

import re
from dataclasses import dataclass
from functools import cache

from satisfaction.lexicon import BAD, GOOD, NOT, WORDS

REACH = 2  # words between a negation and what it turns
LONG = 2  # words of the lexicon of at least so many characters are also found inside the text
_CLAUSE = re.compile(r"[，。！？；、,.!?;\s]+")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Reading:
    """`tone` is −1, 0 or 1; `topics` are values of `lexicon.Topic` in their order there."""

    tone: int
    topics: tuple[str, ...]


def read(text: str) -> Reading:
    """What a remark is about and whether it is content."""
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    cut = [_cut(clause) for clause in clauses]
    words = {word for clause in cut for word in clause}
    topics = tuple(
        str(topic)
        for topic, known in _topics().items()
        if known & words or any(len(word) >= LONG and word in text for word in known)
    )
    # Each clause speaks for itself: "保洁很好，电梯太慢" is neither content nor discontent.
    tones = [_tone(clause) for clause in cut]
    total = sum(tones)
    return Reading((total > 0) - (total < 0), topics)


def _tone(words: list[str]) -> int:
    """Good less bad words of a clause, each turned by a negation close before it."""
    good, bad, turns = _good(), _bad(), _turns()
    found = 0
    for place, word in enumerate(words):
        if word not in good and word not in bad:
            continue
        is_turned = any(one in turns for one in words[max(0, place - REACH) : place])
        if word in good:
            found += -1 if is_turned else 1
        elif not is_turned:
            found -= 1
    return (found > 0) - (found < 0)


def _cut(clause: str) -> list[str]:
    """Words of a clause. What the segmenter takes for one word with a negation in it ("不满意") is
    cut behind it, and words of the lexicon that it has cut apart are joined again."""
    import rjieba

    words: list[str] = []
    for word in rjieba.cut(clause):
        words += _turned(word) or [word]
    return _joined(words)


def _turned(word: str) -> list[str]:
    """Negation and word, where the segmenter took both for one; else nothing."""
    if word in _bad():
        return []
    for turn in ("没有", "不太", "不够", "不", "没", "未"):
        rest = word.removeprefix(turn)
        if rest != word and (rest in _good() or rest in _bad()):
            return [turn, rest]
    return []


def _joined(words: list[str]) -> list[str]:
    """Neighbours that are one word of the lexicon together."""
    found: list[str] = []
    place = 0
    while place < len(words):
        for length in (3, 2):
            one = "".join(words[place : place + length])
            if length <= len(words) - place and (one in _good() or one in _bad()):
                found.append(one)
                place += length
                break
        else:
            found.append(words[place])
            place += 1
    return found


@cache
def _topics() -> dict[str, frozenset[str]]:
    return {topic: frozenset(words.split()) for topic, words in WORDS.items()}


@cache
def _good() -> frozenset[str]:
    return frozenset(GOOD.split())


@cache
def _bad() -> frozenset[str]:
    return frozenset(BAD.split())


@cache
def _turns() -> frozenset[str]:
    return frozenset(NOT.split())
