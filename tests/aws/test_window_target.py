# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_maintenance_window_target and ssm_maintenance_window_target_info."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.aws.conftest import READING
from ansible_collections.patchops.fleet.tests.servers import answers

NAME = answers.WINDOW["Name"]
LITTLE = {"name": "production", "targets": {"tag:Patch Group": ["Production"]}}
WHOLE = {
    "name": "production",
    "resource_type": "INSTANCE",
    "targets": {"tag:Patch Group": ["Production", "Critical"], "tag-key": ["Owner"]},
    "owner_information": "platform",
    "description": "Production servers",
}
GROUP = {
    "name": "a-resource-group",
    "resource_type": "RESOURCE_GROUP",
    "targets": {"resource-groups:Name": ["fleet"], "resource-groups:ResourceTypeFilters": ["AWS::EC2::Instance"]},
}
NODES = {"name": "two-nodes", "targets": {"InstanceIds": ["i-0123456789abcdef0", "mi-0123456789abcdef0"]}}
NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def target(module):
    return module("ssm_maintenance_window_target", "maintenance_window_target")


@pytest.fixture
def info(module):
    return module("ssm_maintenance_window_target_info")


@pytest.fixture
def window_id(aws):
    """The id of a window that has nothing yet."""
    return answers.window(aws.client())


def writes(aws):
    """What was called that changes something."""
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(LITTLE, id="little"),
        pytest.param(WHOLE, id="whole"),
        pytest.param(GROUP, id="resource group"),
        pytest.param(NODES, id="nodes"),
    ],
)
@pytest.mark.parametrize("by_name", [pytest.param(True, id="by name"), pytest.param(False, id="by id")])
def test_register_and_deregister(target, aws, window_id, options, by_name):
    where = {"window": NAME} if by_name else {"window_id": window_id}
    expected = {"resource_type": "INSTANCE", **options}
    created = target.converge(**where, **options)
    assert created["diff"] == {"before": {}, "after": expected}
    gone = target.converge(**where, name=options["name"], state="absent")
    assert (gone["maintenance_window_target"], gone["diff"]) == ({}, {"before": expected, "after": {}})
    (region,) = aws.application.service.regions.values()
    assert region.targets == {}


def test_what_is_registered_is_what_the_aws_cli_reads(target, aws_cli, window_id):
    created = target.converge(window=NAME, **WHOLE)["maintenance_window_target"]
    (read,) = aws_cli("ssm", "describe-maintenance-window-targets", "--window-id", window_id)["Targets"]
    assert read == {
        "WindowId": window_id,
        "WindowTargetId": created["window_target_id"],
        "ResourceType": "INSTANCE",
        "Targets": [
            {"Key": "tag:Patch Group", "Values": ["Production", "Critical"]},
            {"Key": "tag-key", "Values": ["Owner"]},
        ],
        "OwnerInformation": "platform",
        "Name": "production",
        "Description": "Production servers",
    }


CHANGED = {
    "targets": {"InstanceIds": ["i-0123456789abcdef0"]},
    "owner_information": "databases",
    "description": "Databases",
}


@pytest.mark.parametrize("option", CHANGED)
@pytest.mark.parametrize("before", [pytest.param(WHOLE, id="of all"), pytest.param(LITTLE, id="of little")])
def test_each_option_changed_alone(target, window_id, before, option):
    target.ok(window=NAME, **before)
    changed = target.converge(window=NAME, name=before["name"], **{option: CHANGED[option]})
    assert changed["changed"]
    assert changed["diff"]["after"] == {"resource_type": "INSTANCE", **before, option: CHANGED[option]}


@pytest.mark.parametrize("option", ["owner_information", "description"])
def test_each_option_cleared(target, window_id, option):
    target.ok(window=NAME, **WHOLE)
    cleared = target.converge(window=NAME, name="production", **{option: ""})
    assert cleared["diff"]["after"] == {name: value for name, value in WHOLE.items() if name != option}


def test_replace_takes_back_what_is_not_given(target, window_id):
    target.ok(window=NAME, **WHOLE)
    replaced = target.converge(window=NAME, **LITTLE, replace=True)
    assert replaced["diff"]["after"] == {**LITTLE, "resource_type": "INSTANCE"}
    message = target.failure(window=NAME, name="production", replace=True)
    assert "window_target.targets: must have 1 to 5 keys, not 0" in message


def test_another_order_is_no_change(target, aws, window_id):
    target.ok(window=NAME, **WHOLE)
    aws.application.calls.clear()
    other = {"tag-key": ["Owner"], "tag:Patch Group": ["Critical", "Production"]}
    assert not target.converge(window=NAME, name="production", targets=other)["changed"]
    assert writes(aws) == []


def test_a_value_that_stands_alone_is_a_list_of_one(target, window_id):
    created = target.converge(window=NAME, name="production", targets={"tag:Ring": 2, "tag-key": "Owner"})
    assert created["maintenance_window_target"]["targets"] == {"tag:Ring": ["2"], "tag-key": ["Owner"]}


def test_the_resource_type_stays(target, aws, window_id):
    target.ok(window=NAME, **WHOLE)
    aws.application.calls.clear()
    message = target.failure(window=NAME, **{**GROUP, "name": "production"})
    assert "is of resource type INSTANCE, which cannot be changed to RESOURCE_GROUP: register another target" in message
    assert writes(aws) == []


def test_by_id_the_name_can_change(target, window_id):
    created = target.ok(window=NAME, **LITTLE)["maintenance_window_target"]["window_target_id"]
    renamed = target.converge(window=NAME, window_target_id=created, name="critical")
    assert renamed["diff"]["after"]["name"] == "critical"
    assert target.converge(window=NAME, window_target_id=created, state="absent")["changed"]


def test_a_target_without_a_name_goes_by_its_id(target, aws, window_id):
    created = answers.target(aws.client(), window_id)
    changed = target.converge(window=NAME, window_target_id=created, description="now described")
    assert "name" not in changed["diff"]["after"]
    assert target.converge(window=NAME, window_target_id=created, replace=True, targets=LITTLE["targets"])["changed"]
    assert target.converge(window=NAME, window_target_id=created, state="absent")["changed"]


def test_two_of_one_name(target, aws, window_id):
    ids = sorted(answers.target(aws.client(), window_id, Name="production") for _number in range(2))
    aws.application.calls.clear()
    for state in ("present", "absent"):
        message = target.failure(window=NAME, **LITTLE, state=state)
        assert "There are 2 targets named production: " in message
        assert all(one in message for one in [*ids, "window_target_id"])
    assert writes(aws) == []
    assert target.converge(window=NAME, window_target_id=ids[1], description="second")["changed"]


def test_what_is_unknown(target, aws, window_id):
    assert "There is no maintenance window elsewhere" in target.failure(window="elsewhere", **LITTLE)
    message = target.failure(window_id="mw-00000000000000000", **LITTLE)
    assert "There is no maintenance window mw-00000000000000000" in message
    assert NOWHERE in target.failure(window=NAME, window_target_id=NOWHERE, description="x")
    for where in ({"window": "elsewhere", "name": "x"}, {"window": NAME, "window_target_id": NOWHERE}):
        assert not target.converge(**where, state="absent")["changed"]
    assert writes(aws) == ["CreateMaintenanceWindow"]  # the fixture's


def test_check_mode_foretells_a_target_of_a_window_that_is_to_be_created(target, aws):
    foretold = target.ok(True, window="later", **WHOLE)
    assert foretold["diff"] == {"before": {}, "after": WHOLE}
    assert foretold["warnings"] == ["There is no maintenance window later yet: in a real run it must be created first"]
    assert "window_target.name: 'a b'" in target.failure(True, window="later", **{**LITTLE, "name": "a b"})
    refused = [
        (False, {"window": "later"}),
        (True, {"window": "no name"}),
        (True, {"window_id": "mw-00000000000000000"}),
    ]
    for check_mode, where in refused:
        assert "There is no maintenance window" in target.failure(check_mode, **where, **LITTLE)
    assert writes(aws) == []


def test_two_windows_of_one_name(target, aws, window_id):
    second = answers.window(aws.client())
    message = target.failure(window=NAME, **LITTLE)
    assert f"There are 2 maintenance windows named {NAME}: {window_id}, {second}. " in message
    assert "window_id" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"name": "a b"}, "window_target.name: 'a b' is not allowed", id="name"),
        pytest.param({"targets": None}, "window_target.targets: must have 1 to 5 keys, not 0", id="no targets"),
        pytest.param({"targets": {"Patch Group": ["x"]}}, "targets.Patch Group: is no key for INSTANCE", id="key"),
        pytest.param({"targets": {"tag:": ["x"]}}, "targets.tag:: is no key", id="tag without key"),
        pytest.param({"targets": {"tag:a!": ["x"]}}, "targets.tag:a!: is no key", id="sign"),
        pytest.param({"targets": {"tag:" + "x" * 160: ["x"]}}, "is no key", id="long key"),
        pytest.param({"targets": {"tag:x": []}}, "targets.tag:x: must have 1 to 50 values, not 0", id="no values"),
        pytest.param({"targets": {"InstanceIds": ["i-1"] * 51}}, "must have 1 to 50 values, not 51", id="values"),
        pytest.param({"targets": {f"tag:{one}": ["x"] for one in "abcdef"}}, "1 to 5 keys, not 6", id="keys"),
        pytest.param({"targets": {"tag:x": [True]}}, "must be text, not True; put it in quotes", id="value"),
        pytest.param({"resource_type": "RESOURCE_GROUP"}, "is no key for RESOURCE_GROUP; allowed: resource-groups:Name",
                     id="tag of a group"),
        pytest.param({"owner_information": "x" * 129}, "owner_information: must have 1 to 128 characters", id="owner"),
        pytest.param({"description": "x" * 129}, "description: must have 1 to 128 characters", id="description"),
    ],
)  # fmt: skip
def test_what_is_refused_before_any_call_that_changes(target, aws, window_id, options, message):
    aws.application.calls.clear()
    given = {"window": NAME, **LITTLE, **options}
    assert message in target.failure(**given)
    assert message in target.failure(True, **given)
    assert writes(aws) == []


def test_a_target_in_use_is_kept_and_its_tasks_are_named(target, aws, window_id):
    created = target.ok(window=NAME, **LITTLE)["maintenance_window_target"]["window_target_id"]
    task = answers.task(aws.client(), window_id, created, Name="scan")
    aws.application.calls.clear()
    for check_mode in (True, False):
        message = target.failure(check_mode, window=NAME, name="production", state="absent")
        assert f"Target production ({created}) is used by tasks scan ({task}): " in message
        assert "set force" in message
    assert writes(aws) == []
    forced = target.converge(window=NAME, name="production", state="absent", force=True)
    assert forced["changed"]


def test_a_task_that_lists_do_not_show_yet_is_named_too(target, aws, window_id):
    """AWS itself refuses, because it is asked to be safe; that is said in the same words."""
    created = target.ok(window=NAME, **LITTLE)["maintenance_window_target"]["window_target_id"]
    aws.set(stale_lists=3)
    task = answers.task(aws.client(), window_id, created)
    message = target.failure(window=NAME, name="production", state="absent")
    assert f"is used by tasks without a name ({task})" in message
    assert writes(aws)[-1] == "DeregisterTargetFromMaintenanceWindow"


def test_info(target, info, window_id):
    first = target.ok(window=NAME, **WHOLE)["maintenance_window_target"]
    second = target.ok(window=NAME, **GROUP)["maintenance_window_target"]
    read = info.ok(window=NAME)
    assert (read["changed"], read["maintenance_window_targets"]) == (False, [second, first])
    assert info.ok(window_id=window_id, name="production")["maintenance_window_targets"] == [first]
    one = {"window_target_id": second["window_target_id"]}
    assert info.ok(window=NAME, **one)["maintenance_window_targets"] == [second]
    assert info.ok(window="elsewhere")["maintenance_window_targets"] == []


def test_many_pages(target, info, aws, window_id):
    for number in range(25):
        answers.target(aws.client(), window_id, Name=f"target-{number:02}")
    aws.set(largest_page=10, empty_pages=True)
    names = [one["name"] for one in info.ok(window=NAME)["maintenance_window_targets"]]
    assert names == [f"target-{number:02}" for number in range(25)]
    assert target.converge(window=NAME, name="target-24", description="last")["changed"]


def test_with_a_fifth_of_all_calls_throttled(target, aws, window_id):
    aws.fail(error="ThrottlingException", every=5)
    target.converge(window=NAME, **WHOLE)
    target.converge(window=NAME, **LITTLE, replace=True)
    target.converge(window=NAME, name="production", state="absent")
    assert [call.error for call in aws.calls].count("ThrottlingException") > 3


def test_lists_that_lag_behind(target, aws, window_id):
    """The result tells what was done, not what the list of targets shows yet."""
    aws.set(stale_lists=2)
    created = target.ok(window=NAME, **LITTLE)
    identifier = created["maintenance_window_target"]["window_target_id"]
    expected = {**LITTLE, "resource_type": "INSTANCE", "window_target_id": identifier}
    assert created["maintenance_window_target"] == expected
    for _number in range(2):
        aws.client().describe_maintenance_window_targets(WindowId=window_id)
    changed = target.ok(window=NAME, name="production", description="now described")
    assert changed["maintenance_window_target"] == {**expected, "description": "now described"}


def test_a_lost_answer_while_deregistering(target, aws, window_id):
    """The next try finds nothing, because the first one has done the work."""
    created = target.ok(window=NAME, **LITTLE)["maintenance_window_target"]["window_target_id"]
    aws.fail(operation="DeregisterTarget*", error="InternalServerError", answered=False, times=1)
    gone = target.ok(window=NAME, name="production", state="absent")
    assert gone["changed"]
    assert gone["changes"] == [f"deregister target production ({created}) from maintenance window {window_id}"]
    assert [call.error for call in aws.calls][-2:] == ["InternalServerError", "DoesNotExistException"]


def test_denied_access_changes_nothing(target, aws, window_id):
    aws.fail(operation="RegisterTarget*", error="AccessDeniedException")
    answer = target(window=NAME, **LITTLE)
    assert f"Failed to register target production with maintenance window {window_id}" in answer["msg"]
    assert (answer["changes"], answer["changed"]) == ([], False)


def test_calls_of_an_unchanged_target(target, aws, window_id):
    target.ok(window=NAME, **WHOLE)
    aws.application.calls.clear()
    target.ok(window=NAME, **WHOLE)
    assert aws.actions == ["ssm:DescribeMaintenanceWindows", "ssm:DescribeMaintenanceWindowTargets"]
