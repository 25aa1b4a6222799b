# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import assess
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, os_release, scan

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)


def gather(root, run=None):
    return scan.gather("db1", None, run, lambda: NOW, base.Options(refresh="never", root=str(root)))


def installed_system(root, text):
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text(text)
    return root


def test_every_package_manager_is_asked_or_refused():
    managers = set(os_release.MANAGERS.values())
    assert set(scan.BACKENDS) | set(scan.REFUSALS) <= managers
    assert not set(scan.BACKENDS) & set(scan.REFUSALS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            'ID=rhel\nNAME="Red Hat"\nVERSION_ID="7.9"',
            ["Red Hat 7.9 (REDHAT_ENTERPRISE_LINUX)", "yum", "AWS Systems Manager"],
            id="yum",
        ),
    ],
)
def test_a_system_whose_manager_cannot_be_asked_is_refused_by_name(tmp_path, text, words):
    with pytest.raises(base.BackendError) as error:
        gather(installed_system(tmp_path, text))
    for part in words:
        assert part in str(error.value)


def test_a_system_that_patch_manager_does_not_know_is_recorded_as_unknown(tmp_path):
    inventory, changed, _options = gather(installed_system(tmp_path, 'ID=arch\nPRETTY_NAME="Arch Linux"'))
    record = assess(inventory, None, NOW, "r1")
    assert (record["status"], changed) == ("UNKNOWN", False)
    assert record["node"]["platform"]["name"] == "Arch Linux"


@pytest.mark.needs("python3-apt")
def test_an_inventory_names_the_node_and_all_problems(fake_root, as_nobody):
    registration = fake_root.root / "var/lib/amazon/ssm"
    registration.mkdir(parents=True)
    registration.chmod(0)
    fake_root.sources.write_text("")
    inventory, _changed, _options = as_nobody(lambda: gather(fake_root.root, fake_root.run))
    registration.chmod(0o700)
    assert inventory["node"]["product"] == "Debian12"
    assert [problem["what"] for problem in inventory["problems"]] == [str(registration / "registration")]
    assert inventory["complete"] is False
