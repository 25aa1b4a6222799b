# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import OPERATING_SYSTEMS
from ansible_collections.patchops.fleet.plugins.module_utils._host import os_release


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('ID=debian\nVERSION_ID="12"', ("DEBIAN", "Debian12", "apt"), id="Debian"),
        pytest.param(
            'ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"', ("DEBIAN", "Debian", "apt"), id="Debian testing"
        ),
        pytest.param('ID=ubuntu\nVERSION_ID="22.04"\nID_LIKE=debian', ("UBUNTU", "Ubuntu22.04", "apt"), id="Ubuntu"),
        pytest.param('ID=raspbian\nVERSION_ID="10"', ("RASPBIAN", "Raspbian10", "apt"), id="Raspbian"),
        pytest.param(
            'ID="rhel"\nVERSION_ID="9.4"', ("REDHAT_ENTERPRISE_LINUX", "RedhatEnterpriseLinux9.4", "dnf"), id="RHEL 9"
        ),
        pytest.param(
            'ID="rhel"\nVERSION_ID="7.9"', ("REDHAT_ENTERPRISE_LINUX", "RedhatEnterpriseLinux7.9", "yum"), id="RHEL 7"
        ),
        pytest.param(
            'ID="rhel"\nVERSION_ID="10.0"',
            ("REDHAT_ENTERPRISE_LINUX", "RedhatEnterpriseLinux10.0", "dnf"),
            id="RHEL 10",
        ),
        pytest.param('ID="centos"\nVERSION_ID="9"', ("CENTOS", "CentOS9", "dnf"), id="CentOS Stream 9"),
        pytest.param('ID="centos"\nVERSION_ID="7"', ("CENTOS", "CentOS7", "yum"), id="CentOS 7"),
        pytest.param('ID="rocky"\nVERSION_ID="9.4"', ("ROCKY_LINUX", "RockyLinux9.4", "dnf"), id="Rocky Linux"),
        pytest.param('ID="almalinux"\nVERSION_ID="9.4"', ("ALMA_LINUX", "AlmaLinux9.4", "dnf"), id="AlmaLinux"),
        pytest.param('ID="ol"\nVERSION_ID="8.9"', ("ORACLE_LINUX", "OracleLinux8.9", "dnf"), id="Oracle Linux 8"),
        pytest.param('ID="ol"\nVERSION_ID="7.9"', ("ORACLE_LINUX", "OracleLinux7.9", "yum"), id="Oracle Linux 7"),
        pytest.param(
            'ID="amzn"\nVERSION_ID="2023"', ("AMAZON_LINUX_2023", "AmazonLinux2023", "dnf"), id="Amazon Linux 2023"
        ),
        pytest.param(
            'ID="amzn"\nVERSION_ID="2022"', ("AMAZON_LINUX_2022", "AmazonLinux2022", "dnf"), id="Amazon Linux 2022"
        ),
        pytest.param('ID="amzn"\nVERSION_ID="2"', ("AMAZON_LINUX_2", "AmazonLinux2", "yum"), id="Amazon Linux 2"),
        pytest.param(
            'ID="amzn"\nVERSION_ID="2018.03"', ("AMAZON_LINUX", "AmazonLinux2018.03", "yum"), id="Amazon Linux 1"
        ),
        pytest.param('ID="sles"\nVERSION_ID="15.5"', ("SUSE", "Suse15.5", "zypper"), id="SLES"),
        pytest.param('ID="sles_sap"\nVERSION_ID="15.5"', ("SUSE", "Suse15.5", "zypper"), id="SLES for SAP"),
        pytest.param(
            'ID="opensuse-leap"\nVERSION_ID="15.6"', ("OPENSUSE", "OpenSUSE15.6", "zypper"), id="openSUSE Leap"
        ),
        pytest.param("ID=fedora\nVERSION_ID=43", ("FEDORA", "Fedora43", "dnf"), id="Fedora"),
        pytest.param(
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"',
            ("UNKNOWN", None, None),
            id="a derivative is not guessed",
        ),
        pytest.param("", ("UNKNOWN", None, None), id="empty"),
    ],
)
def test_identify(text, expected):
    system = os_release.identify(os_release.parse_os_release(text))
    assert (system.operating_system, system.product, system.manager) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("NAME=Debian", {"NAME": "Debian"}, id="bare"),
        pytest.param('NAME="Debian GNU/Linux"', {"NAME": "Debian GNU/Linux"}, id="quoted"),
        pytest.param("NAME='a b'", {"NAME": "a b"}, id="single quotes"),
        pytest.param(r'NAME="a \"b\" c"', {"NAME": 'a "b" c'}, id="escapes"),
        pytest.param("# NAME=x", {}, id="comment"),
        pytest.param("  ", {}, id="blank"),
        pytest.param('NAME="open', {}, id="no closing quote"),
        pytest.param("NAME=", {"NAME": ""}, id="empty"),
    ],
)
def test_parse_os_release(line, expected):
    assert os_release.parse_os_release(line) == expected


def test_every_operating_system_is_one_the_engine_knows():
    named = {distribution.operating_system for distribution in os_release.DISTRIBUTIONS.values()}
    assert named | set(os_release.AMAZON_LINUX.values()) == set(os_release.MANAGERS)
    assert set(os_release.MANAGERS) == set(OPERATING_SYSTEMS) - {"WINDOWS", "MACOS"}


def test_read_os_release_falls_back_to_the_vendors_file(tmp_path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    assert os_release.read_os_release(str(tmp_path)).product == "Debian12"


def test_read_os_release_of_nothing(tmp_path):
    assert os_release.read_os_release(str(tmp_path)).operating_system == "UNKNOWN"
