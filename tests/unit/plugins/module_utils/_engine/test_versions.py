# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys against tables of known cases, and against rpm and apt themselves."""

from __future__ import annotations

import json
import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine import versions

# The package managers' own answers to pairs of versions, for all pairs in one process of the system's Python.
RPM = """
import json, rpm, sys
print(json.dumps([rpm.labelCompare(tuple(one), tuple(other)) for one, other in json.load(sys.stdin)]))
"""
APT = """
import apt_pkg, json, sys
apt_pkg.init_system()
print(json.dumps([apt_pkg.version_compare(one, other) for one, other in json.load(sys.stdin)]))
"""
PAIRS = 20000


def compare(one, other):
    return (one > other) - (one < other)


def answers(script, pairs):
    asked = subprocess.run(
        ["/usr/bin/python3", "-c", script], input=json.dumps(pairs), stdout=subprocess.PIPE, check=True, text=True
    )
    return [compare(answer, 0) for answer in json.loads(asked.stdout)]


def disagreements(pairs, key, script):
    ours = [compare(key(one), key(other)) for one, other in pairs]
    return [(pair, our, their) for pair, our, their in zip(pairs, ours, answers(script, pairs)) if our != their]


class Generator:
    """Versions that are alike enough to reach the corners of the rules; the same ones in every run."""

    def __init__(self):
        self._random = random.Random(20261121)

    def text(self, alphabet, longest, shortest=0):
        return "".join(self._random.choices(alphabet, k=self._random.randint(shortest, longest)))

    def evr(self):
        return [self._random.choice(["0", "0", "1", "10"]), self.text("0019ab.~^_+Z-", 8, 1), self.text("01a.~^", 4)]

    def evr_like(self, evr):
        return [evr[0], evr[1] + self.text("0a.~^_", 2), evr[2] + self.text("0a.~^_", 1)]

    def dpkg(self):
        epoch = self._random.choice(["", "", "0:", "1:", "10:"])
        upstream = self._random.choice("012") + self.text("0019ab.~+Z-" + (":" if epoch else ""), 7)
        revision = self._random.choice(["", "-0", "-1" + self.text("01a~.+", 3)])
        return epoch + upstream.rstrip("-") + revision  # an empty revision is none of dpkg's versions

    def dpkg_like(self, version):
        return version + self._random.choice(["", "0", "~", "a", "+b1", ".", "-0", "-1~", "~rc1"])

    def pairs(self, version, like):
        ones = [version() for _time in range(PAIRS // 2)]
        return [(one, version()) for one in ones] + [(one, like(one)) for one in ones]


@pytest.mark.needs("python3-rpm")
def test_rpm_keys_order_as_rpm_does():
    generator = Generator()
    pairs = generator.pairs(generator.evr, generator.evr_like)
    assert disagreements(pairs, lambda evr: versions.rpm_key(*evr), RPM) == []


@pytest.mark.needs("python3-apt")
def test_dpkg_keys_order_as_apt_does():
    generator = Generator()
    pairs = generator.pairs(generator.dpkg, generator.dpkg_like)
    assert disagreements(pairs, versions.dpkg_key, APT) == []


RPM_CASES = [
    ("1.0", "<", "2.0"),
    ("2.0", "<", "2.0.1"),
    ("2.0.1", "<", "2.0.1a"),
    ("5.5p1", "<", "5.5p2"),
    ("5.5p1", "<", "5.5p10"),
    ("10xyz", "<", "10.1xyz"),
    ("xyz10", "<", "xyz10.1"),
    ("xyz.4", "<", "8"),
    ("xyz.4", "<", "2"),
    ("6.0", "<", "6.0.rc1"),
    ("10a2", "<", "10b2"),
    ("1.0aa", "=", "1.0aa"),
    ("1.0a", "<", "1.0aa"),
    ("10.0001", "=", "10.1"),
    ("10.0001", "<", "10.0039"),
    ("4.999.9", "<", "5.0"),
    ("20101121", "<", "20101122"),
    ("2_0", "=", "2.0"),
    ("2.0", "=", "2.0."),
    ("a", "=", "a+"),
    ("+_", "=", "_+"),
    ("1.0~rc1", "<", "1.0"),
    ("1.0~rc1", "<", "1.0~rc2"),
    ("1.0~rc1~git123", "<", "1.0~rc1"),
    ("1.0~~", "<", "1.0~"),
    ("1.0", "<", "1.0^"),
    ("1.0^", "<", "1.0^git1"),
    ("1.0^git1", "<", "1.0^git2"),
    ("1.0^git1", "<", "1.01"),
    ("1.0^20160101", "<", "1.0.1"),
    ("1.0^20160101^git1", "<", "1.0^20160102"),
    ("1.0~rc1", "<", "1.0~rc1^git1"),
    ("1.0^git1~pre", "<", "1.0^git1"),
    ("1.0a", "<", "1.0.1"),
    ("1b.fc17", "=", "1b.fc17"),
    ("1b.fc17", "<", "1.fc17"),
    ("1.fc17", "<", "1g.fc17"),
    ("1.1.\u03b1", "=", "1.1.\u03b2"),
    ("", "<", "a"),
    ("~", "<", ""),
    ("9" * 30, "<", "1" + "0" * 30),
    ("0" * 5000 + "1", "=", "1"),
]


def case_id(case):
    return "%.20s %s %.20s" % case


@pytest.mark.parametrize("case", RPM_CASES, ids=case_id)
def test_one_label_by_rpms_rule(case):
    one, relation, other = case
    expected = {"<": -1, "=": 0}[relation]
    assert compare(versions.generic_key(one), versions.generic_key(other)) == expected
    assert compare(versions.generic_key(other), versions.generic_key(one)) == -expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param((0, "9", "9"), (1, "1", "1"), -1, id="the epoch decides first"),
        pytest.param((2, "1", "1"), (10, "1", "1"), -1, id="epochs are numbers"),
        pytest.param((1, "1", "1"), ("1", "1", "1"), 0, id="an epoch as text"),
        pytest.param((None, "1", "1"), (0, "1", "1"), 0, id="no epoch is 0"),
        pytest.param(("", "1", "1"), ("(none)", "1", "1"), 0, id="rpm's ways to say no epoch"),
        pytest.param((0, "1.0", "9"), (0, "1.0.1", "1"), -1, id="the version decides before the release"),
        pytest.param((0, "1.0", "1.el9"), (0, "1.0", "1.el9_4"), -1, id="the release decides last"),
        pytest.param((0, "1.0", None), (0, "1.0", ""), 0, id="no release is an empty one"),
        pytest.param((0, "1.0", None), (0, "1.0", "1"), -1, id="no release is below any"),
    ],
)
def test_rpm_keys(one, other, expected):
    assert compare(versions.rpm_key(*one), versions.rpm_key(*other)) == expected


@pytest.mark.parametrize("epoch", ["x", "-1", "1.0", -1, "\u0661", True])
def test_an_epoch_that_is_no_number(epoch):
    with pytest.raises(ValueError, match="the epoch of a package version must be a number, not "):
        versions.rpm_key(epoch, "1", "1")


DPKG_CASES = [
    ("1.0", "=", "1.0-0"),
    ("1.0", "=", "0:1.0"),
    ("1.0-1", "<", "1.0-2"),
    ("1.0-1", "<", "1:0.5-1"),
    ("9:1", "<", "10:0"),
    ("1.9", "<", "1.10"),
    ("1.0", "<", "1.0.1"),
    ("1.0", "=", "1.00"),
    ("1.0a", "=", "1.0a0"),
    ("1.", "=", "1.0"),
    ("1.0~rc1-1", "<", "1.0-1"),
    ("1.0~~", "<", "1.0~"),
    ("1.0~", "<", "1.0"),
    ("1.0-1~bpo12+1", "<", "1.0-1"),
    ("1.0-1", "<", "1.0-1+b1"),
    ("1.0-1", "<", "1.0-1+deb12u1"),
    ("1.0-1+deb12u1", "<", "1.0-1+deb12u10"),
    ("1.0-1+deb12u2", "<", "1.0-1.1"),
    ("1.0-1ubuntu1", "<", "1.0-1ubuntu1.1"),
    ("1.0a", "<", "1.0+"),
    ("1.0Z", "<", "1.0a"),
    ("1.0+dfsg-1", "<", "1.0.1-1"),
    ("1.0-1-1", "<", "1.0-1-2"),
    ("1.2-3", "<", "1.2-3-1"),
    ("1:1:0", "<", "1:1:1"),
    ("2.36-9+deb12u9", "<", "2.36-9+deb12u14"),
    ("0" * 5000 + "1", "=", "1"),
    ("9" * 30, "<", "1" + "0" * 30),
    ("1.0\u00e9", "<", "1.0\u0169"),
]


@pytest.mark.parametrize("case", DPKG_CASES, ids=case_id)
def test_dpkg_keys(case):
    one, relation, other = case
    expected = {"<": -1, "=": 0}[relation]
    assert compare(versions.dpkg_key(one), versions.dpkg_key(other)) == expected
    assert compare(versions.dpkg_key(other), versions.dpkg_key(one)) == -expected


@pytest.mark.parametrize(
    "in_order",
    [
        pytest.param(["10.15.7", "11", "13.6.9", "13.6.10", "14.0 (b)", "15.1"], id="macOS"),
        pytest.param(["17.9", "18.0-RC", "18.0.1"], id="applications"),
    ],
)
def test_generic_keys(in_order):
    assert sorted(set(in_order), key=versions.generic_key) == in_order


LABELS = st.text(alphabet="019ab.~^-+Z", max_size=8)
SEPARATORS = st.text(alphabet="._+-", min_size=1, max_size=3)


@given(LABELS, LABELS)
def test_a_tilde_goes_below_what_it_follows(label, rest):
    assert versions.generic_key(label + "~" + rest) < versions.generic_key(label)
    assert versions.dpkg_key("1" + label + "~" + rest.replace("-", "")) < versions.dpkg_key("1" + label)


@given(LABELS, LABELS, st.sampled_from(["a", "0", "1", ".1"]))
def test_a_caret_goes_above_what_it_follows_and_below_what_may_follow_it(label, rest, more):
    assert versions.generic_key(label) < versions.generic_key(label + "^" + rest.replace("~", ""))
    assert versions.generic_key(label + "^" + rest) < versions.generic_key(label + "." + more)


@given(st.lists(st.tuples(st.from_regex("[0-9]+|[a-z]+|~|\\^", fullmatch=True), SEPARATORS, SEPARATORS)))
def test_separators_only_separate(parts):
    one, other = ("".join(part[0] + part[which] for part in parts) for which in (1, 2))
    assert versions.rpm_key(0, one, other) == versions.rpm_key(0, other, one)


@given(st.integers(0, 10**40), st.integers(0, 10**40), st.integers(0, 9), st.integers(0, 9))
def test_numbers_are_compared_as_numbers(one, other, zeros, other_zeros):
    texts = "0" * zeros + str(one), "0" * other_zeros + str(other)
    assert compare(*map(versions.generic_key, texts)) == compare(one, other)
    assert compare(*map(versions.dpkg_key, texts)) == compare(one, other)


@given(st.text(), st.text())
def test_any_text_has_keys(version, release):
    assert versions.rpm_key(0, version, release) >= versions.rpm_key(0, "~" * 1000, "")
    assert versions.dpkg_key(version)
    assert versions.generic_key(version)


@pytest.mark.parametrize(
    ("evr", "text"),
    [
        pytest.param((0, "1.0", "2.el9"), "1.0-2.el9", id="epoch 0"),
        pytest.param((None, "1.0", "2.el9"), "1.0-2.el9", id="no epoch"),
        pytest.param(("00", "1.0", "2.el9"), "1.0-2.el9", id="epoch 0 as text"),
        pytest.param((12, "1.0", "2.el9"), "12:1.0-2.el9", id="epoch"),
        pytest.param((1, "1.0", None), "1:1.0", id="no release"),
        pytest.param((0, "1.0", ""), "1.0", id="empty release"),
    ],
)
def test_rpm_text(evr, text):
    assert versions.rpm_text(*evr) == text


# What rpm lets into a version or a release: neither a dash nor a colon, which part them.
RPM_LABELS = st.text("0123456789abzAZ._+~^", min_size=1)


@given(st.one_of(st.none(), st.integers(0, 2**31 - 1)), RPM_LABELS, st.one_of(st.none(), RPM_LABELS))
def test_rpm_parts_takes_apart_what_rpm_text_puts_together(epoch, version, release):
    text = versions.rpm_text(epoch, version, release)
    assert versions.rpm_parts(text) == (epoch or 0, version, release)
    assert versions.rpm_text(*versions.rpm_parts(text)) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("1.2-3.el9", (0, "1.2", "3.el9"), id="no epoch"),
        pytest.param("0:1.2-3.el9", (0, "1.2", "3.el9"), id="an epoch of 0, as some tools write it"),
        pytest.param("1:3.0.7-27.el9", (1, "3.0.7", "27.el9"), id="epoch"),
        pytest.param("2026a", (0, "2026a", None), id="no release"),
    ],
)
def test_rpm_parts(text, parts):
    assert versions.rpm_parts(text) == parts
