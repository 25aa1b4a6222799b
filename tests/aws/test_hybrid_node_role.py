# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role hybrid_node before anything is changed; tests/hosts has what it does on hosts that boot."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.tests.servers.ssm.server import REGION

pytestmark = pytest.mark.needs("python3-apt")
ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles" / "hybrid_node"
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
PLAY = """\
- hosts: all
  gather_facts: false
  check_mode: {check_mode}
  roles: [patchops.fleet.hybrid_node]
"""
REGISTERED = {
    "new": None,
    "elsewhere": {"ManagedInstanceID": "mi-0123456789abcdef0", "Region": "eu-west-1"},
    "instance": {"ManagedInstanceID": "i-0123456789abcdef0", "Region": REGION},
    "nitro": None,
    "xen": None,
}
FIRMWARE = {
    "new": {"sys_vendor": "Example Inc.\n", "bios_version": "1.0\n"},
    "nitro": {"sys_vendor": "Amazon EC2\n", "bios_version": "1.0\n"},
    "xen": {"sys_vendor": "Xen\n", "bios_version": "4.11.amazon\n"},
}


@pytest.fixture
def run(aws, tmp_path):
    """Run the role on this machine, in the parts of hosts that are registered, and without an agent: what it said."""
    for name, registration in REGISTERED.items():
        if registration:
            (tmp_path / name).write_text(json.dumps(registration))
    for name, files in FIRMWARE.items():
        (tmp_path / f"{name}.dmi").mkdir()
        for file, text in files.items():
            (tmp_path / f"{name}.dmi" / file).write_text(text)

    def play(check_mode=False, inventory=None, **variables):
        (tmp_path / "play.yml").write_text(PLAY.format(check_mode=str(check_mode).lower()))
        common = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
        common.update(inventory or {})
        hosts = {"all": {"hosts": dict.fromkeys(REGISTERED), "vars": common}}
        (tmp_path / "hosts.json").write_text(json.dumps(hosts))
        own = {
            "__hybrid_node_registration_file": f"{tmp_path}/{{{{ inventory_hostname }}}}",
            "__hybrid_node_binary": f"{tmp_path}/agent",
            "__hybrid_node_dmi": f"{tmp_path}/{{{{ inventory_hostname }}}}.dmi",
            "hybrid_node_region": REGION,
            **variables,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**inherited, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
        done = subprocess.run(
            [PLAYBOOK, "-i", "hosts.json", "play.yml", "-e", json.dumps(own)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout

    return play


def said(output, host):
    """The message of the task that failed on a host."""
    (line,) = [line for line in output.splitlines() if line.startswith(f"fatal: [{host}]")]
    return line


def test_check_mode_of_a_play_says_what_would_be_done(run, aws):
    output = run(True, hybrid_node_iam_role="hybrid", hybrid_node_agent_key="key.asc")
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    url = f"https://s3.{REGION}.amazonaws.com/amazon-ssm-{REGION}/latest/debian_{architecture}/amazon-ssm-agent.deb"
    assert f"The agent would be installed from {url}. The host would be registered in {REGION}" in output
    assert "registered as mi-0123456789abcdef0 in eu-west-1, and hybrid_node_region is" in said(output, "elsewhere")
    assert "is an instance of EC2, i-0123456789abcdef0" in said(output, "instance")
    for name in ("nitro", "xen"):
        assert f"{name} is an instance of EC2. Those need no activation" in said(output, name)
    assert aws.calls == []


def test_the_activation_of_a_host_that_is_lost_is_deleted(run, aws, tmp_path):
    """It cannot be reached any more once there is an activation."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    aws.client("iam").create_role(RoleName="hybrid", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    (tmp_path / "agent").touch()
    activated = "(__hybrid_node_activation | default({})).activation is defined"
    lost = {
        "ansible_connection": f"{{{{ 'ssh' if {activated} else 'local' }}}}",
        "ansible_host": "127.0.0.1",
        "ansible_port": 1,
    }
    output = run(inventory=lost, hybrid_node_iam_role="hybrid")
    assert "The agent could not register: " in output
    assert "unreachable=0 " in output.rpartition("new  ")[2].partition("\n")[0]
    made = [call.operation for call in aws.calls if call.operation.endswith("Activation")]
    assert made == ["CreateActivation", "DeleteActivation"]
    assert aws.client().describe_activations()["ActivationList"] == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"hybrid_node_agent_key": "key.asc"}, "That needs hybrid_node_iam_role", id="no role"),
        pytest.param({"hybrid_node_iam_role": "hybrid"}, "hybrid_node_agent_key, the file with AWS", id="no key"),
        pytest.param({"hybrid_node_activation_id": "x"}, "hybrid_node_activation_code belong together", id="no code"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_done(run, aws, variables, words):
    assert words in said(run(**variables), "new")
    assert aws.calls == []


@pytest.mark.parametrize(
    ("subject", "ours"),
    [
        pytest.param(
            "CN=Amazon.com Services LLC, OU=Software Services, O=Amazon.com Services LLC, C=US", True, id="LLC"
        ),
        pytest.param('CN="Amazon Web Services, Inc.", O="Amazon Web Services, Inc.", C=US', True, id="AWS"),
        pytest.param("CN=Amazonas Tours, O=Amazonas Tours, C=BR", False, id="Amazon is a part of the name"),
        pytest.param("CN=Amazon.com Services LLC, O=Example, C=US", False, id="another organisation"),
        pytest.param('CN="Amazon.com Services LLC, O=Amazon.com Services LLC", O=Example', False, id="in quotes"),
        pytest.param("CN=Amazon.com Services LLC, OU=x, O=Amazon.com Services LLC East", False, id="more behind it"),
        pytest.param("", False, id="nobody"),
    ],
)
def test_who_signs_the_installer_for_windows(subject, ours):
    signer = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__hybrid_node_signer"]
    assert bool(re.match(signer, subject)) is ours
