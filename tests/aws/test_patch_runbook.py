# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_patch_runbook: its runbook, every way that it can go, what its scripts do, and the role itself."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.tests.aws.conftest import READING
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id, nodes
from ansible_collections.patchops.fleet.tests.servers.ssm import runbook_rules

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
TEXT = (CHECKOUT / "roles" / "aws_patch_runbook" / "files" / "patch-with-health-check.yml").read_text(encoding="utf-8")
RUNBOOK = yaml.safe_load(TEXT)
STEPS = {one["name"]: one for one in RUNBOOK["mainSteps"]}
NAME = "PatchWithHealthCheck"
ROLE = "arn:aws:iam::123456789012:role/automation"


def test_it_is_a_runbook():
    assert runbook_rules.problems(RUNBOOK) == []
    assert len(TEXT.encode()) < 64 * 1024


def successors(number):
    """Names of the steps that may follow one."""
    step = RUNBOOK["mainSteps"][number]
    inputs = step["inputs"]
    found = {one["NextStep"] for one in inputs.get("Choices", ())} | (
        {inputs["Default"]} if "Default" in inputs else set()
    )
    if "Choices" not in inputs and not step.get("isEnd"):
        found.add(step.get("nextStep") or RUNBOOK["mainSteps"][number + 1]["name"])
    if step.get("onFailure", "").startswith("step:"):
        found.add(step["onFailure"].removeprefix("step:"))
    return found


def test_every_step_can_be_reached_and_no_way_falls_through_to_the_way_back():
    numbers = {name: number for number, name in enumerate(STEPS)}
    reached, waiting = set(), ["backUp"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += successors(numbers[name])
    assert reached == set(STEPS)
    assert STEPS["tellSuccess"]["isEnd"]
    assert list(STEPS)[-1] == "tellHowToRestore"


def test_parameters_are_used_and_those_of_aws_documents_are_known(aws):
    used = set(runbook_rules.REFERENCE.findall(TEXT))
    assert set(RUNBOOK["parameters"]) <= used
    for step in STEPS.values():
        if step["action"] == "aws:runCommand":
            name = step["inputs"]["DocumentName"]
            known = {one["Name"] for one in aws.client().describe_document(Name=name)["Document"]["Parameters"]}
            assert set(step["inputs"]["Parameters"]) <= known


# How the runbook goes on ---------------------------------------------------------------------------------------------


@pytest.fixture
def run(module, aws):
    """Run the runbook on a node that behaves so."""
    start = module("ssm_automation_run")

    def through(parameters=None, node=None, **simulation):
        aws.set(unseen_polls=0, **simulation)
        aws.nodes({**nodes(1, patches=[MISSING])[0], **(node or {})})
        aws.client().create_document(Name=NAME, DocumentType="Automation", DocumentFormat="YAML", Content=TEXT)
        aws.client().describe_document(Name=NAME)
        given = {"InstanceId": node_id(0), **(parameters or {})}
        return start(document_name=NAME, parameters=given, wait_delay=0)

    return through


def check(kind, lines=("exit 0",)):
    return {"checkHealth": {"Check": kind, "Lines": list(lines), "Missing": "0"}}


WAYS = [
    pytest.param({}, {}, check("none"), ["chooseCheck", "chooseBackup", "tellSuccess"], id="no commands"),
    pytest.param({"HealthCheckCommands": ["true"]}, {}, check("shell"),
                 ["chooseCheck", "runShellCheck", "chooseBackup", "tellSuccess"], id="shell"),
    pytest.param({"HealthCheckCommands": ["exit 0"]}, {"platform": "Windows"}, check("powershell"),
                 ["chooseCheck", "runPowerShellCheck", "chooseBackup", "tellSuccess"], id="PowerShell"),
    pytest.param({"KeepBackup": False}, {}, check("none"),
                 ["chooseCheck", "chooseBackup", "deleteBackup", "tellSuccess"], id="backup deleted"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "node", "outputs", "way"), WAYS)
def test_a_healthy_instance(run, parameters, node, outputs, way):
    result = run(parameters, node, step_outputs=outputs)
    assert not result.get("failed"), result
    went = [one["name"] for one in result["execution"]["steps"] if one["status"] == "Success"]
    assert went == ["backUp", "install", "checkHealth", *way]
    assert result["execution"]["outputs"]["checkHealth.Missing"] == ["0"]


def test_what_is_run_on_the_node(aws, run):
    outputs = check("shell", ["one", "two"])
    result = run({"HealthCheckCommands": ["one"], "RebootOption": "NoReboot"}, step_outputs=outputs)
    asked = [one["Parameters"] for one in aws.client().list_commands()["Commands"]]
    assert {"Operation": ["Install"], "RebootOption": ["NoReboot"]} in asked
    assert {"commands": ["one", "two"]} in asked
    assert result["execution"]["outputs"]["backUp.ImageId"][0].startswith("ami-")
    state = aws.client().describe_instance_patch_states(InstanceIds=[node_id(0)])["InstancePatchStates"][0]
    assert state["InstalledPendingRebootCount"] == 1


@pytest.mark.parametrize(
    ("broken", "simulation", "node"),
    [
        pytest.param("install", {}, {"end": "Failed"}, id="installation"),
        pytest.param("install", {}, {"unpatchable": [MISSING["KBId"]]}, id="one patch"),
        pytest.param("checkHealth", {"step_ends": {"checkHealth": "Failed"}}, {}, id="script"),
        pytest.param("runShellCheck", {"step_outputs": check("shell"), "step_ends": {"runShellCheck": "Failed"}}, {},
                     id="commands"),
    ],
)  # fmt: skip
def test_where_it_fails_it_tells_the_way_back_and_has_failed(run, broken, simulation, node):
    result = run({"HealthCheckCommands": ["true"]}, node, **simulation)
    told = {one["name"]: one["status"] for one in result["execution"]["steps"]}
    assert (told[broken], told["tellHowToRestore"], told["tellSuccess"]) == ("Failed", "Success", "Pending")
    assert result["execution"]["status"] == "Failed"
    assert f"step {broken} (aws:" in result["msg"]


def test_a_backup_that_cannot_be_deleted_is_told_and_no_failure(run):
    result = run({"KeepBackup": False}, step_outputs=check("none"), step_ends={"deleteBackup": "Failed"})
    told = {one["name"]: one["status"] for one in result["execution"]["steps"]}
    assert (told["deleteBackup"], told["tellLeftover"], told["tellSuccess"]) == ("Failed", "Success", "Pending")
    assert result["execution"]["status"] == "Success"


def test_without_a_backup_nothing_is_installed(aws, run):
    result = run(step_ends={"backUp": "Failed"})
    assert [one["status"] for one in result["execution"]["steps"]] == ["Failed"] + ["Pending"] * (len(STEPS) - 1)
    assert aws.client().list_commands()["Commands"] == []


# What the scripts do -------------------------------------------------------------------------------------------------


@pytest.fixture
def handler(aws, monkeypatch):
    """The handler of a step, as Automation would call it; its clients reach the server."""
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)

    def of(step):
        inputs = STEPS[step]["inputs"]
        assert set(inputs) == {"Runtime", "Handler", "InputPayload", "Script"}
        names: dict = {}
        exec(compile(inputs["Script"], step, "exec"), names)
        declared = set(inputs["InputPayload"])

        def call(**events):
            assert set(events) <= declared
            return names[inputs["Handler"]](events, {})

        return call

    return of


def events(**more):
    return {"InstanceId": node_id(0), "Commands": [], "Looks": 3, "Pause": 0, **more}


def installed(aws, **members):
    """A node that has installed what it can."""
    aws.nodes({**nodes(1, patches=[MISSING])[0], **members})
    asked = {"DocumentName": "AWS-RunPatchBaseline", "Parameters": {"Operation": ["Install"]}}
    aws.client().send_command(InstanceIds=[node_id(0)], **asked)
    aws.advance(600)
    aws.client().list_commands()


@pytest.mark.parametrize(
    ("commands", "platform", "kind"),
    [
        pytest.param([], "Linux", "none", id="no commands"),
        pytest.param(["true"], "Linux", "shell", id="Linux"),
        pytest.param(["true"], "MacOS", "shell", id="macOS"),
        pytest.param(["exit 0"], "Windows", "powershell", id="Windows"),
    ],
)
def test_a_healthy_instance_is_found_healthy(aws, handler, commands, platform, kind):
    installed(aws, platform=platform)
    answer = handler("checkHealth")(**events(Commands=commands))
    assert (answer["Check"], answer["Missing"]) == (kind, "0")
    assert answer["Lines"]  # an output of Automation that is empty is none
    outputs = {one["Name"]: one["Selector"] for one in STEPS["checkHealth"]["outputs"]}
    assert outputs == {name: f"$.Payload.{name}" for name in answer}


@pytest.mark.parametrize(
    ("commands", "code", "printed"),
    [
        pytest.param(["echo one", "echo two"], 0, "one\ntwo\n", id="all succeed"),
        pytest.param(["false", "true"], 1, "Health check 1 failed\n", id="the first fails"),
        pytest.param(["true", "(exit 3)"], 1, "Health check 2 failed\n", id="the last fails"),
        pytest.param(["false && true", "true"], 1, "Health check 1 failed\n", id="in a list of and"),
        pytest.param(["false # why", "echo after"], 1, "Health check 1 failed\n", id="nothing after it, comment"),
        pytest.param(["[ -e /nowhere ] || true", "true"], 0, "", id="one that may fail"),
    ],
)
def test_each_command_counts(aws, handler, commands, code, printed):
    """As the agent runs them: all lines as one script."""
    installed(aws)
    script = "\n".join(handler("checkHealth")(**events(Commands=commands))["Lines"])
    ended = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout + ended.stderr) == (code, printed)


def test_each_command_of_powershell_counts(aws, handler):
    installed(aws, platform="Windows")
    lines = handler("checkHealth")(**events(Commands=["one", "two"]))["Lines"]
    assert lines[:2] == ["$ErrorActionPreference = 'Stop'", "trap { [Console]::Error.WriteLine($_); exit 1 }"]
    for number, command in enumerate(["one", "two"], 1):
        at = lines.index(command)
        assert lines[at - 1] == "$global:LASTEXITCODE = 0"
        assert lines[at + 1].startswith("if ($LASTEXITCODE -ne 0) {")
        assert f"Health check {number} failed" in lines[at + 1]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        pytest.param({"ping": "ConnectionLost"}, "The agent of {} does not answer: ConnectionLost", id="offline"),
        pytest.param({"id": node_id(1)}, "The agent of {} does not answer: never registered", id="not managed"),
        pytest.param({"scanned": True}, "{} has reported no installation", id="scanned only"),
        pytest.param({}, "{} has reported no installation", id="nothing reported"),
    ],
)
def test_an_instance_that_is_not_found_healthy(aws, handler, members, words):
    aws.nodes({**nodes(1)[0], **members})
    with pytest.raises(RuntimeError, match=words.format(node_id(0))):
        handler("checkHealth")(**events())
    looks = aws.actions.count("ssm:DescribeInstanceInformation")
    assert looks == (3 if "does not answer" in words else 1)


def test_patches_that_failed(aws, handler):
    installed(aws, unpatchable=[MISSING["KBId"]])
    with pytest.raises(RuntimeError, match=f"1 patches failed on {node_id(0)}"):
        handler("checkHealth")(**events())


def test_scripts_repeat_calls_that_are_throttled(aws, handler):
    """Automation does not."""
    installed(aws)
    aws.fail(operation="DescribeInstance*", error="ThrottlingException", every=2)
    assert handler("checkHealth")(**events())["Check"] == "none"


@pytest.mark.parametrize("keep", [pytest.param("true", id="kept"), pytest.param("false", id="deleted")])
def test_success_in_words(handler, keep):
    given = {"InstanceId": node_id(0), "Missing": "2", "ImageId": "ami-1", "KeepBackup": keep}
    message = handler("tellSuccess")(**given)["Message"]
    assert message.startswith(f"{node_id(0)} is patched and healthy, with 2 approved patches still missing.")
    assert ("ami-1 is kept" in message, "ami-1 was deleted" in message) == (keep == "true", keep == "false")


def test_a_leftover_in_words(handler):
    message = handler("tellLeftover")(InstanceId=node_id(0), Missing="0", ImageId="ami-1")["Message"]
    assert message.startswith(f"{node_id(0)} is patched and healthy, with 0 approved patches")
    assert "ami-1 could not be deleted" in message


def test_the_way_back_in_words(aws, handler):
    ec2 = aws.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    disks = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 8}}]
    started = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, BlockDeviceMappings=disks)
    instance = started["Instances"][0]["InstanceId"]
    backup = ec2.create_image(InstanceId=instance, Name="before")["ImageId"]
    (made,) = ec2.describe_images(ImageIds=[backup])["Images"]
    message = handler("tellHowToRestore")(InstanceId=instance, ImageId=backup)["Message"]
    assert f"aws ec2 create-replace-root-volume-task --instance-id {instance} --image-id {backup}." in message
    assert f"its root volume {made['RootDeviceName']}" in message


# The role ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def play(aws, tmp_path):
    """Run the role; keywords are its variables, without its name in front."""

    def run(*arguments, **variables):
        given = {f"aws_patch_runbook_{name}": value for name, value in variables.items()}
        tasks = [{"hosts": "localhost", "gather_facts": False, "roles": ["patchops.fleet.aws_patch_runbook"]}]
        (tmp_path / "play.yml").write_text(json.dumps(tasks), encoding="utf-8")
        environment = {**os.environ, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible"), "COLUMNS": "1000"}
        command = [PLAYBOOK, "play.yml", "-e", json.dumps({**given, "aws_patch_runbook_wait_delay": 0}), *arguments]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    return run


def test_the_role(aws, play):
    """Foretold, installed, again without a change, run on an instance that fails, and removed."""
    words = {"tellHowToRestore": {"Message": "restore it so"}, "tellSuccess": {"Message": "it is well"}}
    aws.set(unseen_polls=0, step_outputs={**check("none"), **words})
    aws.nodes({**nodes(2)[0], "end": "Failed"}, nodes(2)[1])
    code, output = play("--check", instance_ids=[node_id(0)], automation_role=ROLE)
    assert (code, "changed=2 " in output) == (0, True), output
    assert not [one for one in aws.actions if not one.partition(":")[2].startswith(READING)]
    assert "changed=1 " in play(tags={"Owner": "platform"})[1]
    assert "changed=0 " in play(tags={"Owner": "platform"})[1]
    content = json.loads(aws.client().get_document(Name=NAME)["Content"])
    assert content == RUNBOOK
    code, output = play(instance_ids=[node_id(0), node_id(1)], automation_role=ROLE, health_check_commands=["true"])
    assert code != 0
    assert "[localhost] 1 pending, 1 running, 0 done, 0 failed, of 2 targets" in output, output
    assert (
        f"2 of 2 targets did not succeed. {node_id(0)} (Failed): a step failed: step install (aws:runCommand)" in output
    )
    assert "restore it so" in output
    assert "it is well" not in output
    (started,) = [call.request for call in aws.calls if call.operation == "StartAutomationExecution"]
    assert started["Parameters"] == {
        "RebootOption": ["RebootIfNeeded"],
        "BackupWithoutReboot": ["true"],
        "KeepBackup": ["true"],
        "AutomationAssumeRole": [ROLE],
        "HealthCheckCommands": ["true"],
    }
    code, output = play(instance_ids=[node_id(1)], automation_role=ROLE)
    assert (code, "it is well" in output) == (0, True), output
    assert "changed=1 " in play(state="absent")[1]
    assert "changed=0 " in play("--check", state="absent")[1]


def test_the_role_is_not_run_without_permissions(aws, play):
    code, output = play(instance_ids=[node_id(0)])
    assert code != 0
    assert "aws_patch_runbook_automation_role is missing" in output
    assert aws.actions == []
