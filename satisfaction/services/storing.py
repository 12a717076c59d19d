"""The statement that stores what somebody answered and uses up what he answered by.

One statement is one transaction: after a kill there are all rows or none. It locks the link and
the person before it reads them, so of two who hand in at once the second finds nobody. What an
anonymous wave must not know is left out here, whoever calls: no key, no minute, and on every link
the same instant of use.

How the person is found differs by the way in which he answers: `BY_LINK`, `BY_PHONE`, `ON_SITE`.
Each gives a row with the key of the response; none when there is nobody (any more) to answer.
"""

from core.prepared import Prepared

_PERSON = """
    s.id AS sample, s.customer_id, s.unit_id, s.region_id, s.city_id, s.project_id, s.stage,
    '' AS sample_no
"""
_WAVE = "w.id AS wave, w.version_id, w.is_anonymous, w.created_at AS wave_made"

# A link that may be followed. Of all others nobody can tell why they may not.
FOLLOWED = """
    FROM satisfaction_surveylink l
    JOIN satisfaction_sample s ON s.id = l.sample_id
    JOIN satisfaction_wave w ON w.id = s.wave_id
    WHERE l.token_hash = %(token_hash)s AND l.used_at IS NULL AND l.expires_at > %(now)s
        AND s.state <> 'answered' AND w.state = 'open'
"""
_LINKED = f"SELECT l.id AS link, l.channel, {_PERSON}, {_WAVE} {FOLLOWED} FOR UPDATE OF l, s"  # noqa: S608
_CALLED = f"""
    SELECT NULL::bigint AS link, 'phone' AS channel, {_PERSON}, {_WAVE}
    FROM satisfaction_sample s JOIN satisfaction_wave w ON w.id = s.wave_id
    WHERE s.id = %(sample)s AND s.state <> 'answered' AND w.state = 'open' AND NOT w.is_anonymous
    FOR UPDATE OF s
"""  # noqa: S608
_VISITED = f"""
    SELECT NULL::bigint AS link, 'on_site' AS channel, NULL::bigint AS sample,
        NULL::bigint AS customer_id, %(unit)s AS unit_id, %(region)s AS region_id,
        %(city)s AS city_id, %(project)s AS project_id, %(stage)s AS stage,
        %(number)s AS sample_no, {_WAVE}
    FROM satisfaction_wave w WHERE w.id = %(wave)s AND w.state = 'open'
"""  # noqa: S608

_STORE = """
WITH held AS MATERIALIZED ({held}),
used AS (
    UPDATE satisfaction_surveylink l SET used_at = CASE
        WHEN h.is_anonymous THEN date_trunc('day', h.wave_made, %(zone)s) ELSE %(now)s END
    FROM held h WHERE l.id = h.link
), answered AS (
    UPDATE satisfaction_sample s SET state = 'answered', held_by_id = NULL, held_until = NULL,
        answered_on = CASE WHEN h.is_anonymous THEN s.answered_on ELSE %(today)s END
    FROM held h WHERE s.id = h.sample
), forgotten AS (
    DELETE FROM satisfaction_surveydraft d USING held WHERE d.key = %(draft)s
), frozen AS (
    UPDATE satisfaction_questionnaireversion v
    SET frozen_at = CASE WHEN h.is_anonymous THEN %(midnight)s ELSE %(now)s END
    FROM held h WHERE v.id = h.version_id AND v.frozen_at IS NULL
), response AS (
    INSERT INTO satisfaction_response (
        wave_id, is_anonymous, sample_id, customer_id, sample_no, stage, asked_by,
        unit_id, region_id, city_id, project_id, answered_at, created_at,
        entered_by_id, interviewer, language, seconds, is_partial, notice_version, flags,
        void_reason, overall, recommendation, importances, importance_sum, both_importance,
        both_score
    )
    SELECT h.wave, h.is_anonymous, CASE WHEN NOT h.is_anonymous THEN h.sample END,
        CASE WHEN NOT h.is_anonymous THEN h.customer_id END, h.sample_no, h.stage, h.channel,
        h.unit_id, h.region_id, h.city_id, h.project_id, at.moment, at.moment,
        CASE WHEN NOT h.is_anonymous THEN %(by)s END,
        CASE WHEN h.is_anonymous THEN '' ELSE %(interviewer)s END,
        %(language)s, %(seconds)s, %(is_partial)s, %(notice_version)s, %(flags)s,
        '', %(overall)s, %(recommendation)s, %(importances)s, %(importance_sum)s,
        %(both_importance)s, %(both_score)s
    FROM held h, LATERAL (
        SELECT CASE WHEN h.is_anonymous THEN %(midnight)s ELSE %(now)s END AS moment
    ) at
    RETURNING id, wave_id
), rated AS (
    INSERT INTO satisfaction_rating (response_id, item_id, wave_id, score, importance, expectation)
    SELECT r.id, g.item, r.wave_id, g.score, g.importance, g.expectation
    FROM response r, unnest(%(rated)s, %(scores)s, %(importance)s, %(expectation)s)
        AS g (item, score, importance, expectation)
), said AS (
    INSERT INTO satisfaction_remark (response_id, item_id, wave_id, text)
    SELECT r.id, g.item, r.wave_id, g.text
    FROM response r, unnest(%(remarked)s, %(remarks)s) AS g (item, text)
), chosen AS (
    INSERT INTO satisfaction_chosen (response_id, option_id, wave_id)
    SELECT r.id, g.option, r.wave_id FROM response r, unnest(%(options)s) AS g (option)
)
SELECT id FROM response
"""
_TYPES = {
    **{"zone": "text", "now": "timestamptz", "midnight": "timestamptz", "today": "date"},
    **{"draft": "bytea", "by": "bigint", "interviewer": "text", "language": "text"},
    **{"seconds": "int", "is_partial": "boolean", "notice_version": "text", "flags": "text[]"},
    **{"overall": "smallint", "recommendation": "smallint", "importances": "smallint"},
    **{"importance_sum": "int", "both_importance": "int", "both_score": "bigint"},
    **{"rated": "bigint[]", "scores": "smallint[]", "importance": "smallint[]"},
    **{"expectation": "smallint[]", "remarked": "bigint[]", "remarks": "text[]"},
    "options": "bigint[]",
}


def _storing(name: str, held: str, **types: str) -> Prepared:
    return Prepared(f"survey_{name}", _STORE.format(held=held), **types, **_TYPES)


BY_LINK = _storing("by_link", _LINKED, token_hash="bytea")  # noqa: S106  a type
BY_PHONE = _storing("by_phone", _CALLED, sample="bigint")
ON_SITE = _storing(
    "on_site",
    _VISITED,
    **{"wave": "bigint", "unit": "bigint", "region": "bigint", "city": "bigint"},
    **{"project": "bigint", "stage": "text", "number": "text"},
)
