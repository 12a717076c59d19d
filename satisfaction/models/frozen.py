"""What the database itself refuses: changing what a frozen version asks (SAT-02).

People are judged by answers to these questions; no page, command or slip of the code may reword
them afterwards. The triggers lock the version, so that a change and a freezing at the same time
come one after the other.
"""

import pgtrigger

_REFUSAL = """
    RAISE EXCEPTION 'the version of the questionnaire is frozen' USING ERRCODE = 'check_violation';
"""


def frozen_with(version_of: str) -> pgtrigger.Trigger:
    """Refuses writing a row whose version is frozen; `version_of` is the SQL of its version's key,
    with {row} for the row as it was or will be."""
    checks = "\n".join(
        f"""
        IF TG_OP <> '{other}' THEN
            SELECT frozen_at INTO frozen FROM satisfaction_questionnaireversion
            WHERE id = {version_of.format(row=row)} FOR SHARE;
            IF frozen IS NOT NULL THEN {_REFUSAL} END IF;
        END IF;
        """  # noqa: S608  the parts stand in this file and in the models
        for row, other in (("OLD", "INSERT"), ("NEW", "DELETE"))
    )
    return pgtrigger.Trigger(
        name="frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("frozen", "timestamptz")],
        func=f"{checks} IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
    )


def frozen_itself() -> pgtrigger.Trigger:
    """Refuses changing, thawing or deleting a version that is frozen."""
    return pgtrigger.Trigger(
        name="frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        condition=pgtrigger.Q(old__frozen_at__isnull=False),
        func=_REFUSAL,
    )
