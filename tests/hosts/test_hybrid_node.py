# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role hybrid_node on booted hosts: an agent that behaves as AWS's is documented to, and the strict SSM.

The agent is ours: what AWS's own does beyond its documentation, these tests cannot show.
"""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package
from ansible_collections.patchops.fleet.tests.servers.ssm.server import ACCESS_KEY, REGION, SECRET_KEY, Server

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
REGISTRATION = "/var/lib/amazon/ssm/registration"
CALLS = "/var/lib/amazon/ssm/calls"
# Registers over the strict SSM's own door, since AWS's operation is not public. As AWS's agent it asks before it
# registers once more, unless it is told -y, and leaves the file with its id there when it is told to forget.
AGENT = f'''\
#!/usr/bin/python3
import json, os, sys, time, urllib.error, urllib.request
words = [one.lstrip("-") for one in sys.argv[1:]]
given = {{name: words[words.index(name) + 1] for name in ("code", "id", "region") if name in words}}
folder, vault = "/var/lib/amazon/ssm", "/var/lib/amazon/ssm/Vault"
os.makedirs(vault, exist_ok=True)
if not words:
    while True:
        time.sleep(3600)
with open("{CALLS}", "a") as stream:
    print(" ".join(one for one in words if one != given.get("code")), file=stream)
if words[0] != "register":
    sys.exit(1)
if not given:
    if "clear" not in words:
        sys.exit(1)
    open(vault + "/key", "w").close()
    sys.exit(0)
if os.path.exists(vault + "/key") and os.path.getsize(vault + "/key") and "y" not in words:
    sys.exit("Registration failed due to EOF")
asked = {{"activation_id": given["id"], "code": given["code"], "region": given["region"]}}
try:
    answer = urllib.request.urlopen("http://SERVER/_control/register", json.dumps(asked).encode())
    node = json.load(answer)["InstanceId"]
except urllib.error.HTTPError as error:
    sys.exit("Registration failed due to " + error.read().decode() + " with code " + given["code"])
with open(vault + "/key", "w") as stream:
    stream.write(node)
with open("{REGISTRATION}", "w") as stream:
    json.dump({{"ManagedInstanceID": node, "Region": given["region"]}}, stream)
'''
UNIT = "[Service]\nExecStart=/usr/bin/amazon-ssm-agent\n[Install]\nWantedBy=multi-user.target\n"
PLAY = f"""\
- hosts: all
  gather_facts: false
  module_defaults:
    group/patchops.fleet.aws: {{endpoint_url: "{{{{ server }}}}", access_key: {ACCESS_KEY}, secret_key: {SECRET_KEY}}}
  tasks:
    - ansible.builtin.include_role:
        name: patchops.fleet.hybrid_node
    - ansible.builtin.copy:
        content: "{{{{ hybrid_node_result | to_json }}}}"
        dest: "{{{{ playbook_dir }}}}/{{{{ inventory_hostname }}}}.result"
        mode: "0600"
      delegate_to: localhost
      changed_when: false
      vars: {{ansible_connection: local, ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"}}
"""


@pytest.fixture(scope="session")
def server(laboratory):
    listening = Server()
    listening.inside = listening.answer_on(laboratory.listen())  # for hosts and the controller
    yield listening
    listening.stop()


@pytest.fixture
def aws(server):
    server.reset()
    server.client("iam").create_role(RoleName="hybrid", AssumeRolePolicyDocument=json.dumps(TRUST))
    server.application.calls.clear()
    return server


@pytest.fixture
def agent(aws):
    """AWS's agent, as the lab has it."""
    files = (
        ("/usr/bin/amazon-ssm-agent", AGENT.replace("SERVER", aws.inside.removeprefix("http://"))),
        ("/usr/lib/systemd/system/amazon-ssm-agent.service", UNIT),
    )
    started = "chmod 755 /usr/bin/amazon-ssm-agent; systemctl daemon-reload; systemctl enable --now amazon-ssm-agent"
    return Package("amazon-ssm-agent", "3.3.1-1", files=files, after=started)


@pytest.fixture
def offer(laboratory, agent):
    """The package as a file in the archive of a host, with its signature: its URL."""

    def to(host, key=None):
        name = f"amazon-ssm-agent.{'deb' if host.kind.manager == 'apt' else 'rpm'}"
        path = host.archive.folder / name
        shutil.copy(host._built(agent), path)
        (key or laboratory.key).sign(path, path.with_name(name + ".sig"))
        return f"{host.archive.web.address}/{name}"

    return to


@pytest.fixture
def run(aws, laboratory, controller):
    """Run the role: what Ansible said. `results` has the fact it left, by host."""
    key = controller.folder / "key.asc"
    key.write_text(laboratory.key.public)
    usual = {
        "server": aws.inside, "hybrid_node_region": REGION, "hybrid_node_iam_role": "hybrid",
        "hybrid_node_agent_key": str(key), "hybrid_node_wait_timeout": 60,
    }  # fmt: skip

    def play(hosts, *arguments, ends_well=True, **variables):
        (controller.folder / "play.yml").write_text(PLAY)
        inventory = controller.inventory(hosts, **{**usual, **variables})
        # the hosts have the firmware of this machine, which may be one of EC2
        command = ["ansible-playbook", "-i", inventory, "play.yml", "-vvv", "-e", "__hybrid_node_dmi=/nowhere"]
        with controller.start(*command, *arguments) as process:
            output, _none = process.communicate(timeout=300)
        assert (process.returncode == 0) is ends_well, output
        assert "code-" not in output  # as every code of the strict SSM begins
        return output

    play.results = lambda hosts: {
        host.name: json.loads(pathlib.Path(controller.folder, f"{host.name}.result").read_text()) for host in hosts
    }
    return play


def unchanged(output, hosts):
    return output.count("changed=0 ") == len(hosts)


def registered(aws):
    rows = aws.client().describe_instance_information()["InstanceInformationList"]
    return {one["InstanceId"]: one for one in rows}


@pytest.mark.parametrize("kinds", [pytest.param(("debian12", "dnf4", "suse15"), id="three kinds")])
def test_hosts_register_with_one_activation_once(boot, run, aws, offer, kinds):
    hosts = [boot(kind) for kind in kinds]
    for host in hosts:
        if host.kind.name == "dnf4":  # Ansible knows it by this file, as every one has
            host.path("/etc/redhat-release").write_text("Red Hat Enterprise Linux release 9.4 (Plow)\n")
    urls = {host.name: offer(host) for host in hosts}
    options = {"hybrid_node_agent_package": "{{ urls[inventory_hostname] }}", "urls": urls, "patch_group": "Web"}

    checked = run(hosts, "--check", **options)
    assert "would be installed from" in checked
    assert [host.version("amazon-ssm-agent") for host in hosts] == [None] * len(hosts)
    assert not [call for call in aws.calls if call.operation.startswith(("Create", "Add"))]

    run(hosts, **options)
    nodes = run.results(hosts)
    assert {one["node_id"] for one in nodes.values()} == set(registered(aws))
    assert all(one["registered"] for one in nodes.values())
    creations = [call for call in aws.calls if call.operation == "CreateActivation"]
    assert [call.request["RegistrationLimit"] for call in creations] == [len(hosts)]
    ssm = aws.client()
    assert ssm.describe_activations()["ActivationList"] == []
    for host in hosts:
        node = nodes[host.name]["node_id"]
        tags = ssm.list_tags_for_resource(ResourceType="ManagedInstance", ResourceId=node)["TagList"]
        assert tags == [{"Key": "Patch Group", "Value": "Web"}]
        assert json.loads(host.path(REGISTRATION).read_text())["ManagedInstanceID"] == node
        assert host.shell(
            "systemctl is-active amazon-ssm-agent; systemctl is-enabled amazon-ssm-agent"
        ).stdout.split() == [
            "active",
            "enabled",
        ]
        assert list(host.path("/tmp").glob("hybrid-node-*")) == []

    aws.application.calls.clear()
    again = run(hosts, **options)
    assert unchanged(again, hosts), again
    assert not [call for call in aws.calls if call.operation.startswith(("Create", "Add", "Delete"))]
    assert [one["registered"] for one in run.results(hosts).values()] == [False] * len(hosts)

    run(hosts, hybrid_node_state="absent", hybrid_node_remove_agent=True, **options)
    assert registered(aws) == {}
    assert [host.path(REGISTRATION).exists() for host in hosts] == [False] * len(hosts)
    assert [host.version("amazon-ssm-agent") for host in hosts] == [None] * len(hosts)
    gone = run(hosts, hybrid_node_state="absent", hybrid_node_remove_agent=True, **options)
    assert unchanged(gone, hosts), gone


@pytest.fixture
def debian(boot):
    return boot("debian12")


def test_a_package_that_somebody_else_signed_is_not_installed(debian, run, aws, offer, laboratory):
    url = offer(debian, laboratory.stranger)
    output = run([debian], ends_well=False, hybrid_node_agent_package=url)
    assert f"{url} is not signed by the key in" in output
    assert debian.version("amazon-ssm-agent") is None
    assert registered(aws) == {}
    output = run([debian], ends_well=False, hybrid_node_agent_package=url, hybrid_node_agent_key="")
    assert "hybrid_node_agent_key, the file with AWS's public key" in output
    run([debian], hybrid_node_agent_package=url, hybrid_node_agent_key="", hybrid_node_verify_signature=False)
    assert len(registered(aws)) == 1


def test_a_package_of_a_repository_and_an_activation_of_ones_own(debian, run, aws, agent):
    debian.publish(agent)
    debian.shell("apt-get update")
    created = aws.client().create_activation(IamRole="hybrid", RegistrationLimit=3)
    options = {
        "hybrid_node_agent_package": "amazon-ssm-agent", "hybrid_node_iam_role": "",
        "hybrid_node_activation_id": created["ActivationId"],
    }  # fmt: skip
    output = run([debian], ends_well=False, hybrid_node_activation_code="wrong", **options)
    assert "The agent could not register: Registration failed due to" in output
    assert "InvalidActivation" in output
    assert "with code ***" in output
    run([debian], hybrid_node_activation_code=created["ActivationCode"], **options)
    (node,) = registered(aws)
    assert aws.client().describe_activations()["ActivationList"][0]["RegistrationsCount"] == 1

    moved = {"hybrid_node_activation_code": created["ActivationCode"], **options, "hybrid_node_region": "eu-west-1"}
    output = run([debian], ends_well=False, **moved)
    assert f"is registered as {node} in {REGION}, and hybrid_node_region is eu-west-1. To move it" in output

    run([debian], hybrid_node_activation_code=created["ActivationCode"], hybrid_node_reregister=True, **options)
    (another,) = registered(aws)
    assert another != node


def test_what_aws_refuses_is_told_without_the_code(debian, run, aws, offer):
    url = offer(debian)
    aws.fail(operation="CreateActivation", error="AccessDeniedException", message="not you")
    output = run([debian], ends_well=False, hybrid_node_agent_package=url)
    assert "No activation could be created: Failed to create an activation for role hybrid: " in output
    aws.application.service.faults.clear()
    run([debian], hybrid_node_agent_package=url)
    aws.nodes()  # somebody deregistered it
    output = run([debian], ends_well=False, hybrid_node_agent_package=url, hybrid_node_wait_timeout=1)
    assert "is not online after 1 seconds: Systems Manager does not know it in this account and Region" in output
    assert "is registered here with hybrid_node_reregister" in output


def test_an_instance_of_ec2_is_refused(debian, run):
    debian.path("/var/lib/amazon/ssm").mkdir(parents=True)
    debian.path(REGISTRATION).write_text('{"ManagedInstanceID": "i-0123456789abcdef0", "Region": "eu-central-1"}')
    assert "is an instance of EC2, i-0123456789abcdef0" in run([debian], ends_well=False)
