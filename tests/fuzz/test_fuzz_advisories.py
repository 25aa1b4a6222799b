# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real files, damaged in every way a fixed seed comes up with: advisories or AdvisoryError come out, nothing else."""

import bz2
import contextlib
import gzip
import io
import lzma
import pathlib
import random

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import advisories

FILES = sorted((pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "updateinfo").glob("*.xml"))
ROUNDS = 150

FRAGMENTS = [
    b"<update>",
    b"</update>",
    b"<updates>",
    b"</pkglist>",
    b"<package name='a'>",
    b"<package name='a' version='1' epoch='-1'/>",
    b"<module/>",
    b"<issued date=''>",
    b"<id/>",
    b"<!DOCTYPE updates [<!ENTITY a 'b'>]>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"&a;",
    b"&#0;",
    b"&#x10FFFF;",
    b"<?xml version='1.0' encoding='utf-16'?>",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"x" * 70000,
    b"<a>" * 500,
]

KINDS = {
    "id": str,
    "type": (str, type(None)),
    "status": (str, type(None)),
    "severity": (str, type(None)),
    "issued": (str, int, type(None)),
    "updated": (str, int, type(None)),
    "title": (str, type(None)),
    "cves": list,
    "bugzillas": list,
    "packages": list,
    "reboot_suggested": bool,
}


def damaged(data, source):
    """`data` after one to three changes."""
    for _time in range(source.randint(1, 3)):
        at = source.randrange(len(data) + 1)
        length = source.choice([1, 1, 10, 1000])
        change = source.choice(["flip", "cut", "drop", "repeat", "insert", "swap"])
        if change == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << source.randrange(8))]) + data[at + 1 :]
        elif change == "cut":
            data = data[:at]
        elif change == "drop":
            data = data[:at] + data[at + length :]
        elif change == "repeat":
            data = data[:at] + data[max(0, at - length) :]
        elif change == "insert":
            data = data[:at] + source.choice(FRAGMENTS) + data[at:]
        elif change == "swap":
            data = data[at:] + data[:at]
    return data


def until_damaged(reader):
    with contextlib.suppress(advisories.AdvisoryError):
        yield from reader


def check(reader):
    """Read to the end or the damage; what comes out on the way must be whole."""
    for advisory in until_damaged(reader):
        assert set(advisory) == set(KINDS)
        assert all(isinstance(advisory[member], kind) for member, kind in KINDS.items())
        for package in advisory["packages"]:
            assert package.name
            assert package.version
            assert isinstance(package.epoch, int)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_damaged_documents(path):
    source = random.Random(path.name)
    original = path.read_bytes()
    for _time in range(ROUNDS):
        check(advisories.parse_updateinfo(io.BytesIO(damaged(original, source)), "the file", []))


def outcome(data, names=None):
    """The advisories, what was said about entries, and what was wrong with the file."""
    problems = []
    found = []
    damage = None
    try:
        found.extend(iter(advisories.parse_updateinfo(io.BytesIO(data), "the file", problems, names)))
    except advisories.AdvisoryError as error:
        damage = str(error)
    return found, problems, damage


def narrowed(found, names):
    """Advisories with packages of these names alone."""
    for advisory in found:
        packages = [package for package in advisory["packages"] if package.name in names]
        if packages:
            yield dict(advisory, packages=packages)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_what_is_passed_over_makes_no_difference(path):
    source = random.Random(path.name)
    original = path.read_bytes()
    known = sorted({package.name for advisory in outcome(original)[0] for package in advisory["packages"]})
    for _time in range(ROUNDS):
        data = damaged(original.replace(b"</updates>", b"") + original.partition(b"<updates>")[2], source)
        names = set(source.sample(known, min(len(known), source.randint(0, 2)))) | {"a"}
        found, problems, damage = outcome(data)
        chosen, said, why = outcome(data, names)
        assert (chosen, why) == (list(narrowed(found, names)), damage)
        # Nothing need be said about entries of the very advisory in which the damage is.
        assert said == problems or (damage and said == problems[: len(said)])


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, bz2.compress], ids=["gz", "xz", "bz2"])
def test_damaged_compressed_files(compress, tmp_path):
    source = random.Random(20261121)
    path = tmp_path / "the file"
    compressed = compress(FILES[0].read_bytes())
    for _time in range(ROUNDS):
        path.write_bytes(damaged(compressed, source))
        check(advisories.read_updateinfo(str(path), []))
