"""Rules as data: every number of a regulation is a policy with a source, a default and values of
units down the tree. See docs/policies.md.

    register(Policy(key="app.name", title=…, meaning=…, source=…, type=…, default=…, group=…))
    policy("app.name", unit=…, on=…)        what holds
    policy_values("app.name", on=…)         what holds in every unit
    policy_relation("app.name", on=…)       the same as a relation to join in SQL
    @on_policy_change("app.*")              who stored what follows from a rule is told of changes
"""

from regions.policies.changes import PolicyChange, on_policy_change
from regions.policies.reading import Effective, effective, forget, one_reading, policy
from regions.policies.registry import Below, Policy, find, policies, register
from regions.policies.relations import policy_relation, policy_values, values_once

__all__ = [
    "Below",
    "Effective",
    "Policy",
    "PolicyChange",
    "effective",
    "find",
    "forget",
    "on_policy_change",
    "one_reading",
    "policies",
    "policy",
    "policy_relation",
    "policy_values",
    "register",
    "values_once",
]
