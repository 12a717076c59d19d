"""The bare statements: what PostgreSQL needs for the same rows without any product around it."""

from dataclasses import dataclass
from typing import Any

import psycopg

PAGE = 25

_ROWS = """
SELECT p.id, p.customer_id, p.name, p.level, p.last_contact_at, p.contacted, p.signed_on,
  p.handed_over_on, c.phone_cipher, c.kind, s.wrapped, u.name, k.name
FROM customers_customerunit p
JOIN customers_customer c ON c.id = p.customer_id
LEFT JOIN core_subjectkey s ON s.id = c.subject_id
JOIN regions_orgunit u ON u.id = p.unit_id
LEFT JOIN accounts_user k ON k.id = p.keeper_id
WHERE p.id = ANY(%s)"""
_FLATS = """
SELECT o.customer_id, o.is_primary, f.label, u.name
FROM customers_ownership o
JOIN customers_property f ON f.id = o.property_id
JOIN regions_orgunit u ON u.id = o.unit_id
WHERE o.customer_id = ANY(%s) AND o.valid_until IS NULL"""


@dataclass(frozen=True, slots=True)
class Branches:
    """A scope as conditions on a place `{t}`; more than one are united, never ORed."""

    conditions: tuple[str, ...]

    def whole(self, alias: str) -> str:
        return " OR ".join(f"({c.format(t=alias)})" for c in self.conditions) or "true"


class Bare:
    """One connection that runs the statements, prepared as a client of its own would."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def rows(self, statement: str, values: list[Any] | None = None) -> list[Any]:
        return self.connection.execute(statement, values, prepare=True).fetchall()

    def page(self, statement: str, values: list[Any] | None = None) -> list[int]:
        """Keys of the page by a statement, then what the page shows of them."""
        keys = [row[0] for row in self.rows(statement, values)][:PAGE]
        found = {row[0]: row for row in self.rows(_ROWS, [keys])}
        self.rows(_FLATS, [[row[1] for row in found.values()]])
        return [key for key in keys if key in found]


def list_statement(branches: Branches, *, deep: bool = False) -> str:
    """The keys of a page of the list, freshest first; deep pages take (at, at, id)."""
    beyond = "AND p.last_contact_at <= %s AND (p.last_contact_at, p.id) < (%s, %s)" if deep else ""
    parts = [
        f"""(SELECT p.id, p.last_contact_at FROM customers_customerunit p
            WHERE {condition.format(t="p")} {beyond} AND NOT EXISTS (
              SELECT 1 FROM customers_customerunit o
              WHERE o.customer_id = p.customer_id AND ({branches.whole("o")})
                AND (o.last_contact_at, o.id) > (p.last_contact_at, p.id))
            ORDER BY p.last_contact_at DESC, p.id DESC LIMIT {PAGE + 1})"""
        for condition in branches.conditions
    ]
    united = " UNION ".join(parts)
    return f"{united} ORDER BY 2 DESC, 1 DESC LIMIT {PAGE + 1}" if len(parts) > 1 else united[1:-1]


def search_statement(branch: str, match: str) -> str:
    """The keys of a page of hits by name. `match` is a condition on a place `{t}`."""
    return f"""SELECT p.id, p.pinyin FROM customers_customerunit p
        WHERE {branch.format(t="p")} AND {match.format(t="p")} AND NOT EXISTS (
          SELECT 1 FROM customers_customerunit o
          WHERE o.customer_id = p.customer_id AND {branch.format(t="o")}
            AND {match.format(t="o")} AND (o.pinyin, o.id) < (p.pinyin, p.id))
        ORDER BY p.pinyin, p.id LIMIT {PAGE + 1}"""


def containing(text: str) -> str:
    """Names with a text in them, by the index of pairs."""
    return f"cn_bigrams({{t}}.name) @> cn_bigrams('{text}'::text) AND {{t}}.name LIKE '%%{text}%%'"


def beginning(column: str, text: str) -> str:
    """A prefix as a range, which an index in byte order answers."""
    end = text[:-1] + chr(ord(text[-1]) + 1)
    return f"{{t}}.{column} >= '{text}' AND {{t}}.{column} < '{end}'"


def of_customers(statement: str) -> str:
    """Places whose customer a statement finds: once, not again for each place."""
    return f"{{t}}.customer_id = ANY(ARRAY({statement}))"


def detail(bare: Bare, customer: int) -> None:
    """The rows a page of one customer shows."""
    bare.rows(
        "SELECT c.*, s.* FROM customers_customer c LEFT JOIN core_subjectkey s"
        " ON s.id = c.subject_id WHERE c.id = %s",
        [customer],
    )
    bare.rows(
        "SELECT p.*, u.name, k.name FROM customers_customerunit p JOIN regions_orgunit u"
        " ON u.id = p.unit_id LEFT JOIN accounts_user k ON k.id = p.keeper_id"
        " WHERE p.customer_id = %s ORDER BY p.last_contact_at DESC",
        [customer],
    )
    bare.rows(_FLATS, [[customer]])
    bare.rows(
        "SELECT a.*, k.name, u.name FROM customers_activity a"
        " JOIN accounts_user k ON k.id = a.by_id JOIN regions_orgunit u ON u.id = a.unit_id"
        " WHERE a.customer_id = %s ORDER BY a.at DESC, a.id DESC LIMIT 21",
        [customer],
    )
