# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List entries and filter values: the tables of package-name-formats.md, 2, and approval-rules.md, 3.1."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.matching import (
    apt_forms,
    compile_filters,
    rpm_forms,
    suse_forms,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    AL2,
    AL2023,
    MACOS,
    RHEL,
    SUSE,
    UBUNTU,
    WINDOWS,
    deb,
    decide,
    notice,
    package,
    rpm,
    update,
)

# package-name-formats.md, 2.1, the table of forms.
TWELVE_FORMS = (
    "dbus",
    "dbus.x86_64",
    "dbus-1.12.28",
    "dbus-1.12.28-1.amzn2023.0.1",
    "dbus-1.12.28-1.amzn2023.0.1.x86_64",
    "1.12.28",
    "1.12.28-1.amzn2023.0.1",
    "1:1.12.28-1.amzn2023.0.1",
    "dbus-1:1.12.28-1.amzn2023.0.1",
    "dbus-1:1.12.28-1.amzn2023.0.1.x86_64",
    "1:dbus-1.12.28-1.amzn2023.0.1.x86_64",
    "dbus.x86_64:1:1.12.28-1.amzn2023.0.1",
)


def test_the_twelve_forms():
    assert rpm_forms("dbus", "x86_64", 1, "1.12.28", "1.amzn2023.0.1") == TWELVE_FORMS


@pytest.mark.parametrize("epoch", [None, 0])
def test_an_absent_epoch_is_0(epoch):
    forms = rpm_forms("bash", "noarch", epoch, "5.1", "2")
    assert {"0:5.1-2", "bash-0:5.1-2", "bash-0:5.1-2.noarch", "0:bash-5.1-2.noarch", "bash.noarch:0:5.1-2"} <= set(
        forms
    )


def test_the_forms_of_suse():
    assert set(suse_forms("example-pkg", "x86_64", "2023.15.4", "46.17.1")) == {
        "example-pkg",
        "example-pkg.x86_64",
        "example-pkg-2023.15.4-46.17.1.x86_64",
        "example-pkg-2023.15.4-46.17.1.x86_64.rpm",
    }


def test_the_forms_of_apt():
    assert set(apt_forms("openssl", "amd64", "3.0.2-0ubuntu1.18")) == {
        "openssl",
        "openssl.amd64",
        "openssl-3.0.2-0ubuntu1.18",
    }


def named(system, patch, entry):
    """Whether an entry names the patch: as a rejected patch it stops it, as an approved one it lets it pass."""
    rejected = decide(system, patch, rejected_patches=[entry])["decision"] == "rejected"
    members = {} if system == WINDOWS else {"approved_patches_enable_non_security": True}
    approved = decide(system, patch, approved_patches=[entry], **members)["decision"] == "approved"
    assert rejected == approved, "approved and rejected list disagree"
    return approved


def in_notice(name, arch, evr, **members):
    return package(name, arch, available=[rpm(evr, notice(**members))])


DBUS = in_notice("dbus", "x86_64", "1:1.12.28-1.amzn2023.0.1")


@pytest.mark.parametrize("system", [AL2023, AL2, RHEL])
@pytest.mark.parametrize("entry", TWELVE_FORMS)
def test_each_of_the_twelve_forms_names_the_package(system, entry):
    assert named(system, DBUS, entry)
    assert named(system, DBUS, entry.upper())


@pytest.mark.parametrize(
    ("entry", "patch", "expected"),
    [
        # the table of examples
        pytest.param("dbus*", in_notice("dbus-libs", "x86_64", "1:1.12.28-1"), True, id="a glob on the name"),
        pytest.param("dbus", in_notice("dbus-libs", "x86_64", "1:1.12.28-1"), False, id="a name is no prefix"),
        pytest.param("dbus-1.12.2*", DBUS, True, id="a glob on name-version"),
        pytest.param("dbus-1.12.2*", in_notice("dbus", "x86_64", "1:1.12.30-1"), False, id="a glob on another version"),
        pytest.param("dbus-*:1.12.28-1.amzn2023.0.1.x86_64", DBUS, True, id="a glob for the epoch"),
        pytest.param(
            "kernel-3.10.0-*.el7.x86_64",
            in_notice("kernel", "x86_64", "0:3.10.0-1160.102.1.el7"),
            True,
            id="in a release",
        ),
        pytest.param(
            "example-pkg-EE-2018*.amzn1.noarch",
            in_notice("example-pkg-EE", "noarch", "0:20180914-2.2.amzn1"),
            True,
            id="dashes",
        ),
        pytest.param("python*", in_notice("python3-libs", "x86_64", "0:3.9-1"), True, id="python*"),
        pytest.param("*.i686", in_notice("glibc", "i686", "0:2.34-1"), True, id="an architecture"),
        # the rest of the text
        pytest.param("dbus-1.12.28.x86_64", DBUS, False, id="name-version.arch is no form"),
        pytest.param("dbus:1.12.28", DBUS, False, id="name:version is no form"),
        pytest.param("*.i686", in_notice("glibc", "x86_64", "0:2.34-1"), False, id="another architecture"),
        pytest.param("bus*", DBUS, False, id="anchored at the start"),
        pytest.param("*bu", DBUS, False, id="anchored at the end"),
        pytest.param("db?s", DBUS, True, id="question mark"),
        pytest.param("dbu?s", DBUS, False, id="question mark is one character"),
        pytest.param("[a-d]bus", DBUS, True, id="set"),
        pytest.param("[!d]bus", DBUS, False, id="set left out"),
        pytest.param("*-1:*amzn2023*", DBUS, True, id="several wildcards"),
        pytest.param("*", DBUS, True, id="everything"),
        pytest.param("d.us", DBUS, False, id="a dot is a dot"),
        pytest.param("[z-a]*", DBUS, False, id="an empty set"),
        pytest.param("libstdc++", in_notice("libstdc++", "x86_64", "0:11-1"), True, id="plus signs are letters"),
        pytest.param(
            "libstdc++*", in_notice("libstdc++-devel", "x86_64", "0:11-1"), True, id="plus signs before a wildcard"
        ),
        pytest.param("236", in_notice("less", "x86_64", "0:236-1"), False, id="digits only: Bugzilla, never form 6"),
        pytest.param("236-1", in_notice("less", "x86_64", "0:236-1"), True, id="version-release of digits: form 7"),
    ],
)
def test_entries_on_rpm(entry, patch, expected):
    assert named(RHEL, patch, entry) == expected


NOTICE = notice("ALAS2023-2024-501", cves=["CVE-2018-1234567", "CVE-2018-9"], bugzillas=["1463241"])


@pytest.mark.parametrize("system", [AL2023, AL2, RHEL])
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("ALAS2023-2024-501", True, id="advisory"),
        pytest.param("alas2023-2024-501", True, id="advisory in lower case"),
        pytest.param("CVE-2018-1234567", True, id="CVE"),
        pytest.param("cve-2018-9", True, id="second CVE in lower case"),
        pytest.param("1463241", True, id="Bugzilla"),
        pytest.param("ALAS2023-2024-50", False, id="the beginning of an advisory"),
        pytest.param("ALAS2023-2024-*", False, id="never by glob: advisory"),
        pytest.param("CVE-2018-*", False, id="never by glob: CVE"),
        pytest.param("14632??", False, id="never by glob: Bugzilla"),
        pytest.param("CVE-2018-123", False, id="another CVE"),
    ],
)
def test_ids_of_notices_on_rpm(system, entry, expected):
    assert named(system, package(available=[rpm("1.0-1", NOTICE)]), entry) == expected


@pytest.mark.parametrize("number", [0, 1])
def test_an_id_names_every_package_version_of_its_notice(number):
    offers = [rpm("1.0-1", NOTICE), rpm("2.0-1", NOTICE), rpm("3.0-1", notice("ALAS2023-2024-502"))]
    patch = package(["dbus", "bash"][number], available=offers)
    assert decide(AL2023, patch, approved_patches=["CVE-2018-9"])["version"] == "2.0-1"


def test_an_id_is_not_stopped_by_the_missing_non_security_flag():
    """package-name-formats.md, 2.2: it acts on packages in notices."""
    answer = decide(RHEL, package(available=[rpm("1.0-1", NOTICE)]), approved_patches=["1463241"])
    assert (answer["decision"], answer["reason_code"]) == ("approved", "approved_list")


def test_the_notice_that_is_named_is_the_one_reported():
    """approval-rules.md, 4.1: classification and severity come from the approved pair of version and notice."""
    bugfix = notice("RHBA-2026:1", "bugfix", "Low")
    security = notice("RHSA-2026:2", "security", "Critical")
    for notices in ([bugfix, security], [security, bugfix]):
        answer = decide(RHEL, package(available=[rpm("1.0-1", *notices)]), approved_patches=["RHSA-2026:2"])
        assert (answer["classification"], answer["severity"]) == ("Security", "Critical")


@pytest.mark.parametrize(
    ("entry", "name", "expected"),
    [
        pytest.param("openssl", "openssl", True, id="name"),
        pytest.param("openssl", "libssl3", False, id="another package"),
        pytest.param("OpenSSL", "openssl", True, id="case"),
        pytest.param("linux-image-*", "linux-image-5.15.0-101-generic", True, id="glob on the name"),
        pytest.param("openssl.amd64", "openssl", True, id="name.arch"),
        pytest.param("openssl.i386", "openssl", False, id="another architecture"),
        pytest.param("openssl-3.0.2-0ubuntu1.18", "openssl", True, id="name-version"),
        pytest.param("openssl-3.0.2", "openssl", False, id="part of a version"),
        pytest.param("openssl-3.0*", "openssl", False, id="a glob is for the name only"),
        pytest.param("*.amd64", "openssl", False, id="a glob is not for the architecture"),
        pytest.param("3.0.2-0ubuntu1.18", "openssl", False, id="a version without a name"),
        pytest.param("open?sl", "openssl", False, id="a question mark is no wildcard"),
        pytest.param("libstdc++6", "libstdc++6", True, id="plus signs"),
        pytest.param("lib*++6", "libstdc++6", True, id="plus signs after a wildcard"),
        pytest.param("CVE-2026-1", "openssl", False, id="no CVE ids"),
    ],
)
def test_entries_on_apt(entry, name, expected):
    patch = package(name, "amd64", available=[deb("3.0.2-0ubuntu1.18")])
    assert named(UBUNTU, patch, entry) == expected


SUSE_PATCH = package(
    "example-pkg",
    available=[
        rpm(
            "2023.15.4-46.17.1",
            notice("SUSE-SLE-Example-Package-15-2023-123", cves=["CVE-2023-1"], bugzillas=["1200000"]),
        ),
    ],
)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("SUSE-SLE-Example-Package-15-2023-123", True, id="patch"),
        pytest.param("SUSE-SLE-Example-Package-15-2023-*", True, id="patch with a wildcard"),
        pytest.param("suse-sle-example-package-15-2023-123", True, id="patch in lower case"),
        pytest.param("SUSE-SLE-Example-Package-15-2024-*", False, id="other patches"),
        pytest.param("example-pkg", True, id="name"),
        pytest.param("example-*", True, id="name with a wildcard"),
        pytest.param("example-pkg.x86_64", True, id="name.arch"),
        pytest.param("example-pkg-2023.15.4-46.17.1.x86_64.rpm", True, id="file"),
        pytest.param("example-pkg-2023.15.4-46.17.1.*.rpm", True, id="file with a wildcard"),
        pytest.param("example-pkg-2023.15.4-46.17.1.x86_64", True, id="file without .rpm"),
        pytest.param("example-pkg-2023.15.4", False, id="name-version is no form"),
        pytest.param("2023.15.4", False, id="a version without a name"),
        pytest.param("example-pkg > 2023.15", False, id="no comparisons"),
        pytest.param("CVE-2023-1", False, id="no CVE ids"),
        pytest.param("1200000", False, id="no Bugzilla ids"),
    ],
)
def test_entries_on_suse(entry, expected):
    assert named(SUSE, SUSE_PATCH, entry) == expected


def test_a_suse_patch_names_all_its_packages():
    for name in ("example-pkg", "example-pkg-devel"):
        patch = dict(SUSE_PATCH, name=name)
        assert named(SUSE, patch, "SUSE-SLE-Example-Package-15-2023-123")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("XProtectPlistConfigData", True, id="name"),
        pytest.param("XProtect*", False, id="no wildcard"),
        pytest.param("*", False, id="no wildcard alone"),
        pytest.param("MRTConfigData", False, id="another name"),
        pytest.param("XProtectPlistConfigData.2.0", False, id="name.version belongs to override lists"),
    ],
)
def test_entries_on_macos(entry, expected):
    patch = package("XProtectPlistConfigData", "arm64", available=[{"version": "2.0", "classification": "Security"}])
    assert named(MACOS, patch, entry) == expected


@pytest.mark.parametrize(
    ("entry", "kb", "expected"),
    [
        pytest.param("KB2032276", "KB2032276", True, id="KB id"),
        pytest.param("kb2032276", "KB2032276", True, id="KB id in lower case"),
        pytest.param("KB203227", "KB2032276", False, id="the beginning of a KB id"),
        pytest.param("MS10-048", "KB2032276", True, id="bulletin"),
        pytest.param("ms10-048", "KB2160329", True, id="a bulletin covers several KBs"),
        pytest.param("MS10-047", "KB2032276", False, id="another bulletin"),
    ],
)
def test_entries_on_windows(entry, kb, expected):
    assert named(WINDOWS, update(kb, bulletin="MS10-048"), entry) == expected


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        pytest.param(["*"], "Critical", True, id="wildcard"),
        pytest.param(["*"], None, True, id="wildcard and an absent value"),
        pytest.param(["Low", "*"], None, True, id="wildcard among others"),
        pytest.param(["Critical"], "Critical", True, id="equal"),
        pytest.param(["critical"], "CRITICAL", True, id="case"),
        pytest.param(["Low", "Critical"], "Critical", True, id="one of several"),
        pytest.param(["Low"], "Critical", False, id="another"),
        pytest.param(["Crit*"], "Critical", False, id="no globs"),
        pytest.param(["Crit*"], "crit*", True, id="a glob is a literal"),
        pytest.param(["Critical"], None, False, id="absent"),
        pytest.param(["None"], "None", True, id="the severity None"),
        pytest.param(["None"], None, False, id="the severity None is no absence"),
    ],
)
def test_filters(values, value, expected):
    (test,) = compile_filters({"SEVERITY": tuple(values)}, {})
    assert test.attribute == "severity"
    assert test.selects(value) == expected
