# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

What is legal in a baseline but probably not what its author meant (approval-rules.md, section 11: warn).
"""

from __future__ import annotations

import re
import typing as t

from .baseline import WILDCARD, Baseline, Filters, Rule
from .operating_systems import FAMILIES, PRODUCT_PREFIXES, vocabulary

# The console advises at most this; the API takes 360.
ADVISED_DAYS = 100

_NOTICE_ID = re.compile(r"(CVE-\d{4}-\d+|[A-Z][A-Z0-9]*(-[A-Z0-9.]+)?-\d{4}[:-][\w:-]+|\d+)\Z", re.IGNORECASE)
_VERSION = re.compile(r"(\d+:)?\d[^-:]*(-\d[^-:]*)?\Z")
_APT_PLAIN = re.compile(r"[a-z0-9][a-z0-9+.-]*\Z", re.IGNORECASE)
# upstream version with a dot, and revision; less is often part of a name (libgtk-3-0, linux-image-6.1.0-18-amd64)
_APT_VERSIONED = re.compile(r"-(\d+:)?\d\w*\.[\w.+~]*-\d[\w.+~]*\Z")
_CREDENTIALS = re.compile(r"(?im)(\bpassword\s*=|://[^/\s:@]+:[^/\s@]+@)")


def warnings(baseline: Baseline, path: str) -> t.Iterator[str]:
    """One sentence for each thing to look at, with the place where it stands."""
    yield from _filters(baseline.global_filters, path + ".global_filters", baseline.operating_system)
    for rule in baseline.rules:
        where = "%s.approval_rules[%d]" % (path, rule.number - 1)
        yield from _filters(rule.filters, where + ".filters", baseline.operating_system)
        yield from _rule(rule, where, baseline.operating_system)
    yield from _lists(baseline, path)
    for index, source in enumerate(baseline.sources):
        if _CREDENTIALS.search(source.configuration):
            yield (
                "%s.sources[%d].configuration: holds credentials, which everybody who may read the baseline can see"
                % (path, index)
            )


def apt_dates(baseline: Baseline, operating_system: str) -> t.Iterator[str]:
    """For a node with apt whose release dates are ignored: the rules that ask for a delay or a cut-off in vain."""
    asking = [str(rule.number) for rule in baseline.rules if rule.delayed]
    if asking and baseline.source != "predefined":
        yield (
            "%s: rule %s asks for a delay or a cut-off, which AWS ignores on %s because apt knows no release dates, "
            "so matching patches are approved at once; set release_dates to published or first_seen to have it counted"
            % (baseline.name, ", ".join(asking), operating_system)
        )


def _filters(filters: Filters, path: str, operating_system: t.Optional[str]) -> t.Iterator[str]:
    words = vocabulary(operating_system) if operating_system else {}
    prefixes = PRODUCT_PREFIXES.get(operating_system or "", ())
    for key, values in filters.items():
        where = "%s.%s" % (path, key)
        if WILDCARD in values and len(values) > 1:
            yield "%s: '*' matches everything, so the other values have no effect" % where
        known = {value.lower() for value in words.get(key, ())}
        for value in values:
            if value == WILDCARD:
                continue
            if WILDCARD in value:
                yield "%s: '%s' matches nothing; '*' is a wildcard when it stands alone" % (where, value)
            elif known and value.lower() not in known:
                yield "%s: '%s' matches nothing; known values: %s, or '*' alone" % (
                    where,
                    value,
                    ", ".join(words[key]),
                )
            elif (
                key == "PRODUCT"
                and prefixes
                and not value.lower().startswith(tuple(prefix.lower() for prefix in prefixes))
            ):
                yield "%s: '%s' does not look like a product of %s, which begin with %s" % (
                    where,
                    value,
                    operating_system,
                    " or ".join(prefixes),
                )


def _rule(rule: Rule, path: str, operating_system: t.Optional[str]) -> t.Iterator[str]:
    if (rule.approve_after_days or 0) > ADVISED_DAYS:
        yield "%s.approve_after_days: %d is more than the %d that AWS advises" % (
            path,
            rule.approve_after_days,
            ADVISED_DAYS,
        )
    if operating_system == "MACOS" and not rule.enable_non_security:
        values = rule.filters.get("CLASSIFICATION", (WILDCARD,))
        if WILDCARD not in values and "security" not in [value.lower() for value in values]:
            yield "%s: selects what is no security patch, yet enable_non_security is off: it approves nothing" % path


def _lists(baseline: Baseline, path: str) -> t.Iterator[str]:
    rejected = {entry.lower() for entry in baseline.rejected_patches}
    for index, entry in enumerate(baseline.approved_patches):
        if entry.lower() in rejected:
            yield "%s.approved_patches[%d]: '%s' is in rejected_patches too, and rejection wins" % (path, index, entry)
    family = FAMILIES.get(baseline.operating_system or "")
    for member, entries in (
        ("approved_patches", baseline.approved_patches),
        ("rejected_patches", baseline.rejected_patches),
    ):
        for index, entry in enumerate(entries):
            for message in _entry(entry, family, member):
                yield "%s.%s[%d]: '%s' %s" % (path, member, index, entry, message)


def _entry(entry: str, family: t.Optional[str], member: str) -> t.Iterator[str]:
    if family in ("rpm", "zypper") and entry.count("*") > 1:
        yield "has more than one wildcard; AWS documents one"
    if family == "rpm":
        if _NOTICE_ID.match(entry):
            if member == "rejected_patches":
                yield "is a notice id; AWS's agent may ignore it in this list"
        elif _VERSION.match(entry):
            yield "is a version without a name; it names every package of that version"
    elif family == "apt":
        if not _APT_PLAIN.match(entry) or _APT_VERSIONED.search(entry) or _has_architecture(entry):
            yield "is more than a package name; AWS documents names only"
    elif family == "macos" and "*" in entry:
        yield "has a wildcard, which macOS does not know"


def _has_architecture(entry: str) -> bool:
    return entry.rpartition(".")[2] in (
        "amd64",
        "arm64",
        "armhf",
        "armel",
        "i386",
        "all",
        "ppc64el",
        "riscv64",
        "s390x",
    )
