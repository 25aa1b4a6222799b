# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Patch baselines as users and AWS write them, validated as approval-rules.md, section 11 says.

Two forms are read: ours (filters as a mapping), and the nested one of GetPatchBaseline, in CamelCase or snake_case.
"""

from __future__ import annotations

import re
import typing as t

from .baseline import Baseline, Filters, Rule, Source
from .dates import parse_day
from .errors import BaselineError, Problem
from .operating_systems import FAMILIES, OPERATING_SYSTEMS, filter_keys
from .schemas import LEVELS

ACTIONS = ("ALLOW_AS_DEPENDENCY", "BLOCK")
AVAILABLE_STATUSES = ("COMPLIANT", "NON_COMPLIANT")

MAX_RULES = 10
MAX_FILTERS = 4
MAX_VALUES = 20
MAX_VALUE_LENGTH = 64
MAX_ENTRIES = 50
MAX_ENTRY_LENGTH = 100
MAX_DAYS = 360
MAX_SOURCES = 20
MAX_AWS_TAGS = 50
NAME = re.compile(r"[a-zA-Z0-9_\-.]*\Z")
WINDOWS_ENTRY = re.compile(r"(KB\d+|MS\d\d-\d{3})\Z", re.IGNORECASE)

MEMBERS = (
    "name",
    "operating_system",
    "description",
    "default",
    "patch_groups",
    "global_filters",
    "approval_rules",
    "approved_patches",
    "approved_patches_compliance_level",
    "approved_patches_enable_non_security",
    "rejected_patches",
    "rejected_patches_action",
    "sources",
    "available_security_updates_compliance_status",
    "tags",
    "baseline_id",
)
# GetPatchBaseline answers with these as well; they decide nothing.
IGNORED_MEMBERS = ("created_date", "modified_date", "response_metadata", "client_token", "default_baseline", "replace")
RULE_MEMBERS = (
    "filters",
    "approve_after_days",
    "approve_until_date",
    "compliance_level",
    "enable_non_security",
    "security",
)
SOURCE_MEMBERS = ("name", "products", "configuration")


def snake(member: str) -> str:
    """The snake_case name of an API member; a name that already is snake_case stays."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", member).lower()


class _Reader:
    """Reads one value after another and collects what is wrong, so that the user sees all of it at once."""

    def __init__(self, security_anywhere: bool = False) -> None:
        self.problems: t.List[Problem] = []
        self.security_anywhere = security_anywhere  # a rule may say `security` for a named operating system too

    def problem(self, code: str, path: str, message: str, *values: t.Any) -> None:
        self.problems.append(Problem(path, message % values if values else message, code))

    def mapping(
        self, value: t.Any, path: str, allowed: t.Sequence[str], ignored: t.Sequence[str] = ()
    ) -> t.Dict[str, t.Any]:
        if not isinstance(value, dict):
            self.problem("wrong-type", path, "must be a mapping, not %s", _kind(value))
            return {}
        members: t.Dict[str, t.Any] = {}
        for written, inner in value.items():
            name = snake(str(written))
            if name in members:
                self.problem(
                    "given-twice", "%s.%s" % (path, written), "given twice, as %s and in another spelling", name
                )
            elif name in allowed:
                if inner is not None:
                    members[name] = inner
            elif name not in ignored:
                self.problem("unknown-member", "%s.%s" % (path, written), "unknown; allowed: %s", ", ".join(allowed))
        return members

    def text(self, value: t.Any, path: str, longest: int, shortest: int = 1) -> str:
        if value is None:
            self.problem("wrong-type", path, "must be text, and is nothing")
            return ""
        if isinstance(value, (bool, int, float)):
            self.problem("wrong-type", path, "must be text, not %s; put it in quotes", _kind(value))
            return ""
        if not isinstance(value, str):
            self.problem("wrong-type", path, "must be text, not %s", _kind(value))
            return ""
        if not shortest <= len(value) <= longest:
            self.problem("wrong-length", path, "must have %d to %d characters, not %d", shortest, longest, len(value))
        return value

    def texts(self, value: t.Any, path: str, most: int, longest: int, fewest: int = 0) -> t.Tuple[str, ...]:
        if not isinstance(value, list):
            self.problem("wrong-type", path, "must be a list, not %s", _kind(value))
            return ()
        if not fewest <= len(value) <= most:
            self.problem("wrong-count", path, "must have %d to %d entries, not %d", fewest, most, len(value))
        return tuple(self.text(entry, "%s[%d]" % (path, index), longest) for index, entry in enumerate(value))

    def choice(self, value: t.Any, path: str, allowed: t.Sequence[str]) -> str:
        if value not in allowed:
            self.problem("not-allowed", path, "%s is not allowed; allowed: %s", _quoted(value), ", ".join(allowed))
            return allowed[0]
        return value

    def flag(self, value: t.Any, path: str) -> bool:
        if isinstance(value, bool):
            return value
        # templates of ansible-core 2.18 turn booleans and numbers into text
        if isinstance(value, str) and value.lower() in ("true", "yes", "false", "no"):
            return value.lower() in ("true", "yes")
        self.problem("wrong-type", path, "must be true or false, not %s", _quoted(value))
        return False

    def number(self, value: t.Any, path: str, most: int) -> int:
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem("wrong-type", path, "must be a whole number from 0 to %d, not %s", most, _quoted(value))
            return 0
        if not 0 <= value <= most:
            self.problem("not-allowed", path, "must be from 0 to %d, not %d", most, value)
        return value


def _kind(value: t.Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "a boolean", int: "a number", float: "a number"}
    return "nothing" if value is None else "%s (%.40r)" % (names.get(type(value), type(value).__name__), value)


def _quoted(value: t.Any) -> str:
    return "'%.40s'" % value if isinstance(value, str) else "%.40r" % (value,)


def _filter_pairs(reader: _Reader, value: t.Any, path: str) -> t.Iterator[t.Tuple[str, t.Any]]:
    """(key, values) from our mapping, or from the API's list of Key and Values."""
    if isinstance(value, dict) and [snake(str(key)) for key in value] == ["patch_filters"]:
        (value,) = value.values()
    if value is None:
        return
    if isinstance(value, dict):
        for key, values in value.items():
            yield str(key), values
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            members = reader.mapping(entry, "%s[%d]" % (path, index), ("key", "values"))
            if members:
                yield str(members.get("key")), members.get("values")
    else:
        reader.problem("wrong-type", path, "must be a mapping of filter keys to lists of values, not %s", _kind(value))


def _filters(reader: _Reader, value: t.Any, path: str, operating_system: t.Optional[str]) -> Filters:
    keys = filter_keys(operating_system)
    filters: Filters = {}
    for key, values in _filter_pairs(reader, value, path):
        where = "%s.%s" % (path, key)
        if key not in keys:
            reader.problem(
                "unknown-filter-key",
                where,
                "no filter key of %s; allowed: %s",
                operating_system or "any operating system",
                ", ".join(keys),
            )
        elif key in filters:
            reader.problem("given-twice", where, "given twice in one group; give it once, with all values")
        else:
            filters[key] = reader.texts(values, where, MAX_VALUES, MAX_VALUE_LENGTH, fewest=1)
    if len(filters) > MAX_FILTERS:
        reader.problem("wrong-count", path, "at most %d filters, not %d", MAX_FILTERS, len(filters))
    return filters


def _flattened_rule(value: t.Any) -> t.Any:
    """The API's PatchFilterGroup as our `filters`."""
    if not isinstance(value, dict):
        return value
    return {
        "filters" if snake(str(member)) == "patch_filter_group" else member: inner for member, inner in value.items()
    }


def _dates_needed(family: t.Optional[str], filters: Filters) -> bool:
    """apt has no dates to count from, so there a rule may go without both fields (approval-rules.md, 4.4)."""
    return family != "apt" and not (family is None and ("PRIORITY" in filters or "SECTION" in filters))


def _rule(reader: _Reader, value: t.Any, path: str, number: int, operating_system: t.Optional[str]) -> Rule:
    family = FAMILIES[operating_system] if operating_system else None
    given = reader.mapping(_flattened_rule(value), path, RULE_MEMBERS)
    filters = _filters(reader, given.get("filters", {}), path + ".filters", operating_system)
    days: t.Optional[int] = None
    until = None
    if "approve_after_days" in given:
        days = reader.number(given["approve_after_days"], path + ".approve_after_days", MAX_DAYS)
    if "approve_until_date" in given:
        until = parse_day(given["approve_until_date"]) if isinstance(given["approve_until_date"], str) else None
        if until is None:
            reader.problem(
                "not-allowed",
                path + ".approve_until_date",
                "must be a day as 'YYYY-MM-DD', not %s",
                _quoted(given["approve_until_date"]),
            )
    if "approve_after_days" in given and "approve_until_date" in given:
        reader.problem("date-fields", path, "give approve_after_days or approve_until_date, not both")
    elif "approve_after_days" not in given and "approve_until_date" not in given and _dates_needed(family, filters):
        reader.problem(
            "date-fields",
            path,
            "give one of approve_after_days (0 to %d) and approve_until_date ('YYYY-MM-DD')",
            MAX_DAYS,
        )
    security = reader.flag(given.get("security", False), path + ".security")
    non_security = reader.flag(given.get("enable_non_security", False), path + ".enable_non_security")
    if non_security and family == "windows":
        reader.problem(
            "not-for-operating-system",
            path + ".enable_non_security",
            "not for WINDOWS; choose what is not security by CLASSIFICATION",
        )
    if security and operating_system is not None and not reader.security_anywhere:
        reader.problem(
            "not-for-operating-system",
            path + ".security",
            "only for baselines without operating_system; here use filters (CLASSIFICATION)",
        )
    if security and "CLASSIFICATION" in filters:
        reader.problem("contradiction", path + ".security", "says what CLASSIFICATION says; give one of them")
    if security and non_security:
        reader.problem("contradiction", path + ".enable_non_security", "contradicts security: true; give one of them")
    return Rule(
        number=number,
        filters=filters,
        approve_after_days=days,
        approve_until_date=until,
        compliance_level=reader.choice(
            given.get("compliance_level", "UNSPECIFIED"), path + ".compliance_level", LEVELS
        ),
        enable_non_security=non_security,
        security=security,
    )


def _rules(reader: _Reader, value: t.Any, path: str, operating_system: t.Optional[str]) -> t.Tuple[Rule, ...]:
    if isinstance(value, dict) and [snake(str(key)) for key in value] == ["patch_rules"]:
        value = next(iter(value.values()))
    if value is None:
        return ()
    if not isinstance(value, list):
        reader.problem("wrong-type", path, "must be a list of rules, not %s", _kind(value))
        return ()
    if len(value) > MAX_RULES:
        reader.problem("wrong-count", path, "at most %d rules, not %d", MAX_RULES, len(value))
    return tuple(
        _rule(reader, rule, "%s[%d]" % (path, index), index + 1, operating_system) for index, rule in enumerate(value)
    )


def _entries(reader: _Reader, value: t.Any, path: str, operating_system: t.Optional[str]) -> t.Tuple[str, ...]:
    entries = reader.texts(value, path, MAX_ENTRIES, MAX_ENTRY_LENGTH)
    if operating_system == "WINDOWS":
        for index, entry in enumerate(entries):
            if entry and not WINDOWS_ENTRY.match(entry):
                reader.problem(
                    "not-allowed",
                    "%s[%d]" % (path, index),
                    "'%s' is no KB id (KB2032276) and no bulletin id (MS10-048)",
                    entry,
                )
    return entries


def _sources(reader: _Reader, value: t.Any, path: str, operating_system: t.Optional[str]) -> t.Tuple[Source, ...]:
    if not isinstance(value, list):
        reader.problem("wrong-type", path, "must be a list of sources, not %s", _kind(value))
        return ()
    if value and operating_system == "WINDOWS":
        reader.problem(
            "not-for-operating-system", path, "not for WINDOWS; sources are repositories of Linux package managers"
        )
    if len(value) > MAX_SOURCES:
        reader.problem("wrong-count", path, "at most %d sources, not %d", MAX_SOURCES, len(value))
    sources = []
    for index, entry in enumerate(value):
        where = "%s[%d]" % (path, index)
        given = reader.mapping(entry, where, SOURCE_MEMBERS)
        name = reader.text(given.get("name"), where + ".name", 50, 3)
        if name and not NAME.match(name):
            reader.problem("not-allowed", where + ".name", "'%s' may hold letters, digits and _ - . only", name)
        products = reader.texts(given.get("products"), where + ".products", 20, 128, fewest=1)
        sources.append(Source(name, products, reader.text(given.get("configuration"), where + ".configuration", 1024)))
    return tuple(sources)


def _tags(reader: _Reader, value: t.Any, path: str) -> t.Dict[str, str]:
    """Tags as a mapping, or as the API's list of Key and Value."""
    if isinstance(value, list):
        pairs = [reader.mapping(entry, "%s[%d]" % (path, index), ("key", "value")) for index, entry in enumerate(value)]
        value = {pair.get("key"): pair.get("value", "") for pair in pairs}
    if not isinstance(value, dict):
        reader.problem("wrong-type", path, "must be a mapping of text to text, not %s", _kind(value))
        return {}
    return {str(key): reader.text(inner, "%s.%s" % (path, key), 256, 0) for key, inner in value.items()}


def _operating_system(reader: _Reader, value: t.Any, path: str) -> t.Optional[str]:
    if value is None:
        return None
    if value not in OPERATING_SYSTEMS:
        reader.problem(
            "not-allowed", path, "%s is not allowed; allowed: %s", _quoted(value), ", ".join(OPERATING_SYSTEMS)
        )
        return None
    return value


def _baseline(reader: _Reader, value: t.Any, path: str, source: str) -> t.Optional[Baseline]:
    given = reader.mapping(value, path, MEMBERS, IGNORED_MEMBERS)
    if not isinstance(value, dict):
        return None
    before = len(reader.problems)
    os_name = _operating_system(reader, given.get("operating_system"), path + ".operating_system")
    if len(reader.problems) > before:
        return None  # everything else depends on the operating system
    name = reader.text(given.get("name"), path + ".name", 128, 3)
    if name and not NAME.match(name):
        reader.problem("not-allowed", path + ".name", "'%s' may hold letters, digits and _ - . only", name)
    available = given.get("available_security_updates_compliance_status")
    if available is not None:
        where = path + ".available_security_updates_compliance_status"
        available = reader.choice(available, where, AVAILABLE_STATUSES)
        if os_name not in (None, "WINDOWS"):
            reader.problem("not-for-operating-system", where, "for WINDOWS only, not for %s", os_name)
    list_non_security = reader.flag(
        given.get("approved_patches_enable_non_security", False), path + ".approved_patches_enable_non_security"
    )
    if list_non_security and os_name == "WINDOWS":
        reader.problem("not-for-operating-system", path + ".approved_patches_enable_non_security", "not for WINDOWS")
    level_path = path + ".approved_patches_compliance_level"
    action_path = path + ".rejected_patches_action"
    baseline_id = given.get("baseline_id")
    return Baseline(
        name=name,
        operating_system=os_name,
        description=reader.text(given["description"], path + ".description", 1024) if "description" in given else None,
        default=reader.flag(given.get("default", False), path + ".default"),
        patch_groups=reader.texts(given.get("patch_groups", []), path + ".patch_groups", 25, 256),
        global_filters=_filters(reader, given.get("global_filters", {}), path + ".global_filters", os_name),
        rules=_rules(reader, given.get("approval_rules", []), path + ".approval_rules", os_name),
        approved_patches=_entries(reader, given.get("approved_patches", []), path + ".approved_patches", os_name),
        approved_patches_compliance_level=reader.choice(
            given.get("approved_patches_compliance_level", "UNSPECIFIED"), level_path, LEVELS
        ),
        approved_patches_enable_non_security=list_non_security,
        rejected_patches=_entries(reader, given.get("rejected_patches", []), path + ".rejected_patches", os_name),
        rejected_patches_action=reader.choice(given.get("rejected_patches_action", ACTIONS[0]), action_path, ACTIONS),
        sources=_sources(reader, given.get("sources", []), path + ".sources", os_name),
        available_security_updates_compliance_status=available,
        tags=_tags(reader, given.get("tags", {}), path + ".tags"),
        baseline_id=reader.text(baseline_id, path + ".baseline_id", 128) if baseline_id is not None else None,
        source="aws" if baseline_id is not None else source,
    )


def parse_baseline(
    value: t.Any, path: str = "baseline", source: str = "given", security_anywhere: bool = False
) -> Baseline:
    """One baseline in either form. Raises BaselineError with every problem found."""
    reader = _Reader(security_anywhere)
    baseline = _baseline(reader, value, path, source)
    if reader.problems or baseline is None:
        raise BaselineError(reader.problems)
    return baseline
