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
from .findings import WARNING, Finding
from .operating_systems import FAMILIES, PRODUCT_PREFIXES, known, vocabulary

# The console advises at most this; the API takes 360.
ADVISED_DAYS = 100

NOTICE_ID = re.compile(r"(CVE-\d{4}-\d+|[A-Z][A-Z0-9]*(-[A-Z0-9.]+)?-\d{4}[:-][\w:-]+|\d+)\Z", re.IGNORECASE)
_VERSION = re.compile(r"(\d+:)?\d[^-:]*(-\d[^-:]*)?\Z")
_APT_PLAIN = re.compile(r"[a-z0-9][a-z0-9+.-]*\Z", re.IGNORECASE)
# upstream version with a dot, and revision; less is often part of a name (libgtk-3-0, linux-image-6.1.0-18-amd64)
_APT_VERSIONED = re.compile(r"-(\d+:)?\d\w*\.[\w.+~]*-\d[\w.+~]*\Z")
_CREDENTIALS = re.compile(r"(?im)(\bpassword\s*=|://[^/\s:@]+:[^/\s@]+@)")


def warnings(baseline: Baseline, path: str) -> t.Iterator[str]:
    """One sentence for each thing to look at, with the place where it stands."""
    return (str(finding) for finding in findings(baseline, path))


def findings(baseline: Baseline, path: str) -> t.Iterator[Finding]:
    yield from _filters(baseline.global_filters, path + ".global_filters", baseline.operating_system)
    for rule in baseline.rules:
        where = "%s.approval_rules[%d]" % (path, rule.number - 1)
        yield from _filters(rule.filters, where + ".filters", baseline.operating_system)
        yield from _rule(rule, where, baseline.operating_system)
    yield from _lists(baseline, path)
    for index, source in enumerate(baseline.sources):
        if _CREDENTIALS.search(source.configuration):
            yield _warning(
                "credentials-in-source",
                "%s.sources[%d].configuration" % (path, index),
                "holds credentials, which everybody who may read the baseline can see",
            )


def apt_dates(baseline: Baseline, operating_system: str, path: str) -> t.Iterator[Finding]:
    """For a node with apt whose release dates are ignored: the rules that ask for a delay or a cut-off in vain."""
    asking = [str(rule.number) for rule in baseline.rules if rule.delayed]
    if asking and baseline.source != "predefined":
        yield _warning(
            "dates-ignored",
            path,
            "rule %s asks for a delay or a cut-off, which AWS ignores on %s because apt knows no release dates, "
            "so matching patches are approved at once; set release_dates to published or first_seen to have it counted"
            % (", ".join(asking), operating_system),
        )


def _warning(code: str, path: str, message: str) -> Finding:
    return Finding(WARNING, code, path, message)


def _filters(filters: Filters, path: str, operating_system: t.Optional[str]) -> t.Iterator[Finding]:
    for key, values in filters.items():
        where = "%s.%s" % (path, key)
        if WILDCARD in values and len(values) > 1:
            message = "'*' matches everything, so the other values have no effect"
            yield _warning("wildcard-among-values", where, message)
        for value in values:
            strange = _strange(key, value, operating_system)
            if strange is not None:
                yield _warning(strange[0], where, strange[1])


def _strange(key: str, value: str, operating_system: t.Optional[str]) -> t.Optional[t.Tuple[str, str]]:
    """Code and message for a value that no patch is known to have."""
    if value == WILDCARD:
        return None
    if WILDCARD in value:
        return "partial-wildcard", "'%s' matches nothing; '*' is a wildcard when it stands alone" % value
    if operating_system is None or known(key, value, operating_system):
        return None
    if key == "PRODUCT":
        prefixes = " or ".join(PRODUCT_PREFIXES[operating_system])
        words = "'%s' does not look like a product of %s, which begin with %s" % (value, operating_system, prefixes)
        return "unknown-product", words
    words = ", ".join(vocabulary(operating_system)[key])
    return "unknown-value", "'%s' matches nothing; known values: %s, or '*' alone" % (value, words)


def _rule(rule: Rule, path: str, operating_system: t.Optional[str]) -> t.Iterator[Finding]:
    if (rule.approve_after_days or 0) > ADVISED_DAYS:
        message = "%d is more than the %d that AWS advises" % (rule.approve_after_days or 0, ADVISED_DAYS)
        yield _warning("long-delay", path + ".approve_after_days", message)
    if operating_system == "MACOS" and not rule.enable_non_security:
        values = rule.filters.get("CLASSIFICATION", (WILDCARD,))
        if WILDCARD not in values and "security" not in [value.lower() for value in values]:
            message = "selects what is no security patch, yet enable_non_security is off: it approves nothing"
            yield _warning("non-security-excluded", path, message)


def _lists(baseline: Baseline, path: str) -> t.Iterator[Finding]:
    rejected = {entry.lower() for entry in baseline.rejected_patches}
    for index, entry in enumerate(baseline.approved_patches):
        if entry.lower() in rejected:
            message = "'%s' is in rejected_patches too, and rejection wins" % entry
            yield _warning("approved-and-rejected", "%s.approved_patches[%d]" % (path, index), message)
    family = FAMILIES.get(baseline.operating_system or "")
    for member, entries in (
        ("approved_patches", baseline.approved_patches),
        ("rejected_patches", baseline.rejected_patches),
    ):
        for index, entry in enumerate(entries):
            for code, message in _entry(entry, family, member):
                yield _warning(code, "%s.%s[%d]" % (path, member, index), "'%s' %s" % (entry, message))


def _entry(entry: str, family: t.Optional[str], member: str) -> t.Iterator[t.Tuple[str, str]]:
    if family in ("rpm", "zypper") and entry.count("*") > 1:
        yield "several-wildcards", "has more than one wildcard; AWS documents one"
    if family == "rpm":
        if NOTICE_ID.match(entry):
            if member == "rejected_patches":
                yield "notice-id-rejected", "is a notice id; AWS's agent may ignore it in this list"
        elif _VERSION.match(entry):
            yield "version-without-name", "is a version without a name; it names every package of that version"
    elif family == "apt":
        if not _APT_PLAIN.match(entry) or _APT_VERSIONED.search(entry) or _has_architecture(entry):
            yield "more-than-a-name", "is more than a package name; AWS documents names only"
    elif family == "macos" and "*" in entry:
        yield "wildcard-unsupported", "has a wildcard, which macOS does not know"


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
