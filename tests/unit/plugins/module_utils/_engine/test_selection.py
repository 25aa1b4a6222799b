# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which approved patches a run installs: package-name-formats.md, section 3, and the options of one run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import RunError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.selection import (
    Limits,
    Target,
    check_limits,
    select,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    RHEL,
    baseline,
    deb,
    inventory,
    notice,
    package,
    rpm,
    rule,
)

EVERYTHING = baseline(RHEL, rule(enable_non_security=True))
SUDO = package("sudo", installed=rpm("1.9-1"), available=[rpm("1.9-2", notice()), rpm("1.9-3", notice("RHSA-2026:3"))])
OPENSSL = package("openssl", installed=rpm("1:3.0-1"), available=[rpm("1:3.0-2", notice("RHSA-2026:2"))])
CURRENT = package("bash", installed=rpm("5.1-1"), available=[rpm("5.1-1", notice("RHSA-2026:4"))])


def selected(*packages, given=None, system=RHEL, **limits):
    document = inventory(system, *packages)
    patches = what_if(document, [given or EVERYTHING])["record"]["patches"]
    return select(document, patches, Limits(**limits))


def names(selection):
    return ["%s=%s" % (target.kb_id, target.new) for target in selection.targets]


def reasons(selection):
    return {"%s=%s" % (skip.target.kb_id, skip.target.new): skip.reason for skip in selection.skipped}


def entry(name, version, arch="x86_64"):
    return {"name": name, "arch": arch, "version": version}


def test_everything_that_is_approved_and_missing():
    found = selected(SUDO, OPENSSL, CURRENT)
    assert found.targets == (
        Target("sudo", "x86_64", "1.9-1", "1.9-3"),
        Target("openssl", "x86_64", "1:3.0-1", "1:3.0-2"),
    )
    assert (found.skipped, found.warnings, found.partial) == ((), (), False)


def test_what_is_not_approved_is_not_mentioned():
    important = baseline(RHEL, rule(filters={"SEVERITY": ["Critical"]}))
    assert selected(SUDO, given=important) == ((), (), (), False)


HELD = {"held": "locked by dnf versionlock"}


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({}, id="approved"),
        pytest.param({"manifest": [entry("sudo", "1.9-3")]}, id="in the manifest"),
        pytest.param({"include": ["sudo"]}, id="included"),
        pytest.param({"override_list": [{"id": "sudo"}]}, id="in the override list"),
    ],
)
@pytest.mark.parametrize("given", [EVERYTHING, baseline(RHEL)], ids=["approved", "not approved"])
def test_what_is_held_is_left_alone_whatever_asks_for_it(limits, given):
    found = selected(dict(SUDO, **HELD), given=given, **limits)
    assert names(found) == []
    if given is EVERYTHING or "override_list" in limits:
        assert reasons(found)["sudo.x86_64=1.9-3"] == "held on the node: locked by dnf versionlock"


def test_what_is_held_is_left_alone_where_the_baseline_approves_what_is_installed():
    approved = rpm("1.9-2", notice(severity="Critical"))
    sudo = package("sudo", installed=rpm("1.9-2"), available=[approved, rpm("1.9-3", notice("RHSA-2026:3"))], **HELD)
    critical = baseline(RHEL, rule(filters={"SEVERITY": ["Critical"]}))
    assert names(selected(sudo, given=critical, override_list=[{"id": "sudo"}])) == []


@pytest.mark.parametrize(
    ("limits", "targets", "skipped", "warnings"),
    [
        pytest.param(
            {"include": ["sudo"]},
            ["sudo.x86_64=1.9-3"],
            {"openssl.x86_64=1:3.0-2": "include does not name it"},
            [],
            id="include a name",
        ),
        pytest.param(
            {"include": ["OPEN*.X86_64"]},
            ["openssl.x86_64=1:3.0-2"],
            {"sudo.x86_64=1.9-3": "include does not name it"},
            [],
            id="include a pattern of name.arch, in any case",
        ),
        pytest.param(
            {"exclude": ["open*"]},
            ["sudo.x86_64=1.9-3"],
            {"openssl.x86_64=1:3.0-2": "excluded from this run by 'open*'"},
            [],
            id="exclude",
        ),
        pytest.param(
            {"include": ["sudo", "openssl"], "exclude": ["x", "sudo"]},
            ["openssl.x86_64=1:3.0-2"],
            {"sudo.x86_64=1.9-3": "excluded from this run by 'sudo'"},
            [],
            id="exclude goes before include",
        ),
        pytest.param(
            {"include": ["bash", "sudo"], "exclude": ["nothing"]},
            ["sudo.x86_64=1.9-3"],
            {"openssl.x86_64=1:3.0-2": "include does not name it"},
            ["include: nothing that is approved and missing fits 'bash'"],
            id="include what is not missing",
        ),
    ],
)
def test_include_and_exclude(limits, targets, skipped, warnings):
    found = selected(SUDO, OPENSSL, CURRENT, **limits)
    assert (names(found), reasons(found), list(found.warnings), found.partial) == (targets, skipped, warnings, True)


NOT_INSTALLED = "it is not installed on this node, and patches are newer versions of what is installed"
NOT_NAMED = {"sudo.x86_64=1.9-3": "the manifest does not name it"}


@pytest.mark.parametrize(
    ("manifest", "targets", "skipped"),
    [
        pytest.param([], [], NOT_NAMED, id="empty: nothing at all"),
        pytest.param([entry("sudo", "1.9-3")], ["sudo.x86_64=1.9-3"], {}, id="as approved"),
        pytest.param(
            [entry("sudo", "1.9-2")],
            [],
            {"sudo.x86_64=1.9-3": "the manifest names version 1.9-2, the baseline approves 1.9-3"},
            id="another version",
        ),
        pytest.param(
            [entry("sudo", "1.9-3", "i686")],
            [],
            {**NOT_NAMED, "sudo.i686=1.9-3": NOT_INSTALLED},
            id="another architecture",
        ),
        pytest.param(
            [entry("bash", "5.1-1")],
            [],
            {**NOT_NAMED, "bash.x86_64=5.1-1": "it is installed at this version already"},
            id="installed already",
        ),
        pytest.param(
            [entry("bash", "5.1-0")],
            [],
            {**NOT_NAMED, "bash.x86_64=5.1-0": "5.1-1 is installed, and it is what the baseline approves"},
            id="installed newer",
        ),
    ],
)
def test_manifest(manifest, targets, skipped):
    found = selected(SUDO, CURRENT, manifest=manifest)
    assert (names(found), reasons(found), found.partial) == (targets, skipped, True)


def test_a_manifest_does_not_approve():
    found = selected(SUDO, given=baseline(RHEL), manifest=[entry("sudo", "1.9-3")])
    (reason,) = reasons(found).values()
    assert names(found) == []
    assert reason.startswith("the baseline does not approve it: ")


def test_the_plan_of_a_record_is_a_manifest_that_leaves_nothing_out():
    from ansible_collections.patchops.fleet.plugins.module_utils._engine.record import plan

    record = what_if(inventory(RHEL, SUDO, OPENSSL, CURRENT), [EVERYTHING])["record"]
    found = selected(SUDO, OPENSSL, CURRENT, manifest=plan(record))
    assert (found.targets, found.skipped) == (selected(SUDO, OPENSSL, CURRENT).targets, ())


@pytest.mark.parametrize(
    ("items", "targets", "warnings"),
    [
        pytest.param([{"id": "sudo.x86_64"}], ["sudo.x86_64=1.9-3"], 0, id="name.arch: the highest"),
        pytest.param([{"id": "sudo", "title": "*:0:1.9-2"}], ["sudo.x86_64=1.9-2"], 0, id="title picks the version"),
        pytest.param(
            [{"id": "openssl*", "title": "*:1:3.0-2*"}], ["openssl.x86_64=1:3.0-2"], 0, id="the documented example"
        ),
        pytest.param([{"id": "*"}], ["sudo.x86_64=1.9-3", "openssl.x86_64=1:3.0-2"], 0, id="everything newer"),
        pytest.param([{"id": "S?do", "title": None}], ["sudo.x86_64=1.9-3"], 0, id="in any case, with wildcards"),
        pytest.param([{"id": "sudo", "title": "*1.9-1"}], [], 1, id="never what is installed"),
        pytest.param([{"id": "bash"}, {"id": "absent"}], [], 2, id="nothing newer, nothing installed"),
        pytest.param([], [], 0, id="empty: nothing at all"),
        pytest.param(
            [{"id": "sudo", "title": "*1.9-2"}, {"id": "sud*"}], ["sudo.x86_64=1.9-3"], 1, id="the higher of two items"
        ),
    ],
)
def test_override_list(items, targets, warnings):
    rejecting = baseline(RHEL, rejected_patches=["*"], rejected_patches_action="BLOCK")
    for deciding in (EVERYTHING, rejecting):  # whatever the baseline says
        found = selected(SUDO, OPENSSL, CURRENT, given=deciding, override_list=items)
        assert (names(found), len(found.warnings), found.partial) == (targets, warnings, True)


def test_override_list_of_apt_titles_without_an_epoch_of_its_own():
    sudo = package("sudo", arch="amd64", installed=deb("1.9-1"), available=[deb("1:1.9-3"), deb("1.9-2")])
    found = selected(
        sudo, given=baseline(DEBIAN), system=DEBIAN, override_list=[{"id": "sudo", "title": "sudo.amd64:1.9-2"}]
    )
    assert names(found) == ["sudo.amd64=1.9-2"]


def test_an_item_that_fits_nothing_is_named():
    (warning,) = selected(SUDO, override_list=[{"id": "sudo", "title": "*el8*"}]).warnings
    assert "install_override_list[0]" in warning
    assert "id 'sudo' and title '*el8*'" in warning


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        pytest.param(
            {"manifest": [], "override_list": []}, ["manifest", "install_override_list", "one of them"], id="both"
        ),
        pytest.param({"manifest": [{"name": "sudo", "arch": "x86_64"}]}, ["manifest[0].version"], id="no version"),
        pytest.param(
            {"manifest": [{"name": "sudo", "arch": "x86_64", "version": 1.9}]},
            ["manifest[0].version", "text"],
            id="a number",
        ),
        pytest.param({"manifest": [entry("sudo", "1"), entry("", "1")]}, ["manifest[1].name"], id="empty name"),
        pytest.param({"override_list": [{"title": "x"}]}, ["install_override_list[0].id", "required"], id="no id"),
        pytest.param(
            {"override_list": [{"id": "x", "title": 1}]}, ["install_override_list[0].title", "text"], id="title"
        ),
    ],
)
def test_limits_that_are_refused(limits, words):
    with pytest.raises(RunError) as error:
        check_limits(Limits(**limits))
    for part in words:
        assert part in str(error.value)


PATTERNS = st.lists(st.sampled_from(["sudo", "open*", "*.x86_64", "bash", "?*", "none"]), max_size=3)


@given(PATTERNS, PATTERNS)
def test_include_and_exclude_choose_and_explain_the_rest(include, exclude):
    every = {target.kb_id for target in selected(SUDO, OPENSSL, CURRENT).targets}
    found = selected(SUDO, OPENSSL, CURRENT, include=include, exclude=exclude)
    kept, left = {target.kb_id for target in found.targets}, {skip.target.kb_id for skip in found.skipped}
    assert kept | left == every
    assert not kept & left
    assert all(skip.reason for skip in found.skipped)
