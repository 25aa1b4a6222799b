# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What is to be said of one approval rule among the others of its baseline."""

from __future__ import annotations

import datetime
import re
import typing as t

from .baseline import Baseline, Rule
from .findings import INFO, WARNING, Finding
from .operating_systems import FAMILIES, PRODUCT_PREFIXES
from .reach import Obstacle, Reach, covers, obstacle

# No delay is longer than this, so what a cut-off of longer ago leaves out is not waiting, but left out for good.
LONG_PAST = datetime.timedelta(days=360)

# Microsoft's updates come on the second Tuesday of a month: every four or five weeks.
SHORT_MONTH, LONG_MONTH = 28, 35
# What is cumulative: each supersedes the one before, and what is superseded is not on offer (approval-rules.md, 10).
_MONTHLY = {"securityupdates", "updaterollups", "updates"}
_DAILY = {"definitionupdates"}

# The year in a product's name; its patches begin at most in the year before.
_YEAR = re.compile(r"(?:amazonlinux|windowsserver)(20\d\d)")

Reaches = t.Dict[str, t.Dict[int, Reach]]  # by operating system and number of the rule


def dead(rule: Rule, found: Reaches, baseline: Baseline) -> t.Optional[Finding]:
    """Says why the rule never approves anything, with the path below the rule's; None when it may."""
    here = [system for system in found if rule.number in found[system]]
    if not here:
        words = (
            "no operating system has all its keys and those of the global filters, so it applies to no node; "
            "make several rules of it, or several baselines"
        )
        return Finding(WARNING, "rule-applies-nowhere", ".filters", words)
    obstacles = [obstacle(found[system][rule.number], baseline.global_filters) for system in here]
    certain = [found_one for found_one in obstacles if found_one is not None]
    if len(certain) < len(obstacles):
        return None
    return Finding(WARNING, "rule-never-matches", _place(certain[0], rule), _never(certain))


def _place(found: Obstacle, rule: Rule) -> str:
    return ".filters.%s" % found.key if found.key in rule.filters else ""


def _never(obstacles: t.Sequence[Obstacle]) -> str:
    reasons = list(dict.fromkeys(found.words for found in obstacles))
    return "the rule never approves anything: %s; correct it, or remove the rule" % ", or ".join(reasons)


def rule_findings(
    rule: Rule, path: str, found: Reaches, baseline: Baseline, now: datetime.datetime
) -> t.Iterator[Finding]:
    yield from _shadow(rule, path, found, baseline, now)
    here = [found[system][rule.number] for system in found if rule.number in found[system]]
    system = baseline.operating_system
    if rule.approve_until_date is not None and FAMILIES.get(system or "") not in ("apt", "macos"):
        yield from _cut_off(rule.approve_until_date, path + ".approve_until_date", here, now)
    for reach in here:
        if reach.operating_system == "WINDOWS":
            yield from _windows(reach, path, system)
    if rule.enable_non_security and not any(reach.non_security for reach in here):
        yield _idle_flag(here, path + ".enable_non_security")
    if system == "CENTOS" and not rule.enable_non_security:
        words = (
            "CentOS's own repositories have no advisories, so the rule approves nothing from them; "
            "set enable_non_security, and leave CLASSIFICATION and SEVERITY out"
        )
        yield Finding(WARNING, "no-advisories", path, words)


def _idle_flag(here: t.Sequence[Reach], path: str) -> Finding:
    if any(reach.family == "rpm" for reach in here):
        words = (
            "selects no package outside of advisories, because these have no CLASSIFICATION and no SEVERITY; "
            "leave these filters out, in a rule of its own, to approve non-security packages"
        )
        return Finding(WARNING, "flag-without-effect", path, words)
    words = "has no effect here, because every patch that the rule selects counts as a security patch"
    return Finding(INFO, "flag-without-effect", path, words)


def _shadow(rule: Rule, path: str, found: Reaches, baseline: Baseline, now: datetime.datetime) -> t.Iterator[Finding]:
    covering: t.List[t.Dict[int, bool]] = []  # for each operating system the rules that do, and whether they are equal
    for rules in found.values():
        reach = rules.get(rule.number)
        if reach is None or obstacle(reach, baseline.global_filters) is not None:
            continue
        others = {
            number: covers(reach, other, now)
            for number, other in rules.items()
            if other is not reach and covers(other, reach, now)
        }
        # of two that cover each other the first stays
        others = {number: equal for number, equal in others.items() if number < rule.number or not equal}
        if not others:
            return
        covering.append(others)
    common = [number for number in covering[0] if all(number in others for others in covering)]
    # else on each operating system the first that does
    numbers = common[:1] or sorted({min(others) for others in covering})
    if common and all(others[common[0]] for others in covering):
        words = "approves exactly what rule %d approves; remove one of them, or correct what is to differ" % common[0]
        yield Finding(WARNING, "rule-duplicated", path, words)
    else:
        name = " or ".join("rule %d" % number for number in numbers)
        words = "adds nothing: %s approves all of it, as early and at no lower level; remove it, or correct one of them"
        yield Finding(WARNING, "rule-shadowed", path, words % name)


# Dates
def _cut_off(until: datetime.date, path: str, here: t.Sequence[Reach], now: datetime.datetime) -> t.Iterator[Finding]:
    today = now.date()
    if until >= today:
        words = (
            "everything that is released until the end of this day is approved at once, untried; "
            "give a day that is over, or approve_after_days"
        )
        yield Finding(WARNING, "cut-off-ahead", path, words)
        return
    years = [_first_year(reach) for reach in here]
    if all(year is not None and until.year < year - 1 for year in years):
        words = (
            "lies before the first patch of the product, so the rule approves none but undated ones; give a later day"
        )
        yield Finding(WARNING, "cut-off-before-product", path, words)
    elif today - until > LONG_PAST:
        words = "lies %d days back, and nothing that was released since is ever approved; give a later day, or a delay"
        yield Finding(WARNING, "cut-off-long-past", path, words % (today - until).days)


def _first_year(reach: Reach) -> t.Optional[int]:
    """The least of the years that the products of a rule are named after; None where one has no year."""
    products = reach.values.get("PRODUCT", PRODUCT_PREFIXES.get(reach.operating_system, ("",)))
    matches = [_YEAR.match(product.lower()) for product in products]
    years = [int(match.group(1)) for match in matches if match]
    return min(years) if years and len(years) == len(matches) else None


def _windows(reach: Reach, path: str, operating_system: t.Optional[str]) -> t.Iterator[Finding]:
    days = reach.rule.approve_after_days or 0
    classes = reach.values.get("CLASSIFICATION")
    where = path + ".approve_after_days"
    cumulative = "os" in reach.values.get("PATCH_SET", {"os"}) and (classes is None or bool(classes & _MONTHLY))
    if cumulative and days >= SHORT_MONTH:
        words = (
            "on WINDOWS a cumulative update is superseded by the next after %d or %d days, and then not on offer: "
            "%d days approve none%s; give less"
        )
        often = "" if days >= LONG_MONTH else " where the next comes after %d" % SHORT_MONTH
        yield Finding(WARNING, "delay-outlasts-updates", where, words % (SHORT_MONTH, LONG_MONTH, days, often))
    if classes is not None and classes & _DAILY and days > 0:
        words = (
            "DefinitionUpdates are superseded within a day, and then not on offer, so after %d days none is approved; "
            "give them a rule of their own with 0 days"
        )
        yield Finding(WARNING, "delay-outlasts-updates", where, words % days)
    products = reach.values.get("PRODUCT", frozenset())
    if (
        operating_system == "WINDOWS"
        and products
        and "PATCH_SET" not in reach.rule.filters
        and not any(product.startswith("windows") for product in products)
    ):
        words = (
            "a rule without PATCH_SET concerns the operating system only; for applications add PATCH_SET APPLICATION"
        )
        place = path + ".filters.PRODUCT" if "PRODUCT" in reach.rule.filters else path
        yield Finding(WARNING, "product-without-patch-set", place, words)
