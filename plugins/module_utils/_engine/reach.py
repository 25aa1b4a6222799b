# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

What an approval rule can select, whatever patches there are, and whether another rule leaves it nothing to add.
"""

from __future__ import annotations

import datetime
import typing as t

from .baseline import WILDCARD, Baseline, Filters, Rule, for_operating_system
from .errors import BaselineError
from .matching import Filter, compile_filters
from .operating_systems import FAMILIES, OPERATING_SYSTEMS, known, synonyms
from .rules import LEVEL_RANK, rule_filters

Values = t.Dict[str, t.FrozenSet[str]]

# Updates of the operating system belong to its family of products, those of applications to others (families.py).
_WINDOWS_ITSELF = frozenset(["windows"])


def systems(baseline: Baseline) -> t.Dict[str, Baseline]:
    """The baseline as each operating system sees it that it holds for."""
    if baseline.operating_system is not None:
        return {baseline.operating_system: baseline}
    seen = {}
    for system in OPERATING_SYSTEMS:
        try:
            seen[system] = for_operating_system(baseline, system)
        except BaselineError:
            continue
    return seen


class Reach(t.NamedTuple):
    """The patches that a rule selects on one operating system, by their properties, with the global filters applied."""

    operating_system: str
    rule: Rule
    values: Values  # by filter key; one that is not there may have any value, or none

    @property
    def family(self) -> str:
        return FAMILIES[self.operating_system]

    @property
    def non_security(self) -> bool:
        """Whether there can be a patch in it that needs the flag enable_non_security."""
        if self.family == "rpm":  # outside the notices, so without classification and severity
            return not ("CLASSIFICATION" in self.values or "SEVERITY" in self.values)
        if self.family == "macos":
            return not self.values.get("CLASSIFICATION", frozenset(["?"])) <= {"security"}
        return self.family == "apt"

    @property
    def security(self) -> bool:
        """Whether there can be one that does not."""
        if self.family == "macos" and "CLASSIFICATION" in self.values:
            return "security" in self.values["CLASSIFICATION"]
        return True


def reaches(here: Baseline) -> t.List[Reach]:
    """Of all rules of a baseline as its operating system sees it."""
    system = str(here.operating_system)
    filters = _values(compile_filters(here.global_filters, synonyms(system)))
    return [
        Reach(system, rule, _open(_both(_values(rule_filters(rule, system, synonyms(system))), filters)))
        for rule in here.rules
    ]


def _values(filters: t.Iterable[Filter]) -> Values:
    return {test.attribute.upper(): test.values for test in filters if test.values is not None}


def _both(one: Values, other: Values) -> Values:
    both = dict(other)
    for key, words in one.items():
        both[key] = words & other[key] if key in other else words
    return both


def _open(values: Values) -> Values:
    """Without the filter that lets both kinds of updates of Windows through: there are no others."""
    if values.get("PATCH_SET", frozenset()) >= {"os", "application"}:
        return {key: words for key, words in values.items() if key != "PATCH_SET"}
    return values


class Obstacle(t.NamedTuple):
    """Why nothing is selected."""

    key: t.Optional[str]  # of the filter that it is about
    words: str


def obstacle(reach: Reach, global_filters: Filters) -> t.Optional[Obstacle]:
    """What keeps the rule from ever approving a patch with the values that patches are known to have."""
    for key, values in reach.values.items():
        if not values:
            return Obstacle(key, _contradiction(key, global_filters[key]))
        if unknown(key, values, reach.operating_system):
            node = key == "PRODUCT" and reach.family != "windows"
            return Obstacle(key, "its %s is one that no %s has" % (key, "node" if node else "patch"))
    patch_set, product_family = reach.values.get("PATCH_SET"), reach.values.get("PRODUCT_FAMILY")
    if patch_set == {"os"} and product_family is not None and not product_family & _WINDOWS_ITSELF:
        return Obstacle(
            "PRODUCT_FAMILY", "only applications are of another family than Windows: add PATCH_SET APPLICATION"
        )
    if patch_set == {"application"} and product_family == _WINDOWS_ITSELF:
        return Obstacle("PRODUCT_FAMILY", "applications are of other families than Windows: use PATCH_SET OS")
    if not reach.security and not reach.rule.enable_non_security:
        return Obstacle(None, "it selects what is no security patch, and enable_non_security is off")
    return None


def unknown(key: str, values: t.Iterable[str], operating_system: str) -> bool:
    """Whether no patch, or for PRODUCT no node, is known to have one of these values."""
    return not any(WILDCARD not in value and known(key, value, operating_system) for value in values)


def _contradiction(key: str, let_through: t.Sequence[str]) -> str:
    words = "the global filters let only %s %s through" % (key, " or ".join(let_through))
    return words + ("; a rule without PATCH_SET concerns the operating system only" if key == "PATCH_SET" else "")


def covers(one: Reach, other: Reach, now: datetime.datetime) -> bool:
    """Whether from `now` on `one` approves all that `other` approves, as early and at no lower level.

    However patches without a date are treated, and whether or not dates count on apt.
    """
    return (
        LEVEL_RANK[one.rule.compliance_level] >= LEVEL_RANK[other.rule.compliance_level]
        and all(key in other.values and other.values[key] <= values for key, values in one.values.items())
        and _lets_through(one, other)
        and (one.family == "macos" or _as_early(one.rule, other.rule, now))  # which has no dates
    )


def _lets_through(one: Reach, other: Reach) -> bool:
    if one.rule.enable_non_security or not other.rule.enable_non_security:
        return True
    # the flag also lets undated notices through that are held otherwise (approval-rules.md, 4.3)
    waives = one.family == "rpm" and one.rule.delayed
    return not other.non_security and not waives


def _as_early(one: Rule, other: Rule, now: datetime.datetime) -> bool:
    if one.approve_until_date is not None:
        return other.approve_until_date is not None and one.approve_until_date >= other.approve_until_date
    days = one.approve_after_days or 0
    if other.approve_until_date is None:
        return days <= (other.approve_after_days or 0)
    try:
        last = datetime.datetime.combine(other.approve_until_date, datetime.time(), now.tzinfo)
        return now >= last + datetime.timedelta(days=days + 1)  # the whole day counts
    except OverflowError:
        return False
