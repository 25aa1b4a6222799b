# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between variables and AWS, and what would make them equal."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import drift, policy
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import ResourceError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.variables import variables

BASELINES = [
    {
        "name": "dev",
        "operating_system": "AMAZON_LINUX_2",
        "patch_groups": ["Dev"],
        "default": True,
        "approval_rules": [{"filters": {"CLASSIFICATION": ["Security", "Bugfix"]}, "approve_after_days": 0}],
    },
    {
        "name": "production",
        "operating_system": "AMAZON_LINUX_2",
        "description": "Production servers",
        "patch_groups": ["Production"],
        "approval_rules": [{"filters": {"CLASSIFICATION": ["Security"]}, "approve_until_date": "2026-11-30"}],
        "tags": {"Owner": "platform"},
    },
]
WINDOWS = [
    {
        "name": "sunday",
        "schedule": "cron(0 2 ? * SUN *)",
        "duration": 4,
        "cutoff": 1,
        "patch_groups": ["Dev", "Production"],
        "targets": [{"name": "two", "targets": {"InstanceIds": ["i-0123456789abcdef0"]}, "owner_information": "Eve"}],
        "tasks": [
            {"operation": "Scan", "max_concurrency": "10%", "max_errors": "5%"},
            {"operation": "Install", "reboot_option": "NoReboot", "window_targets": ["patch-groups"]},
            {"name": "tell", "task_type": "LAMBDA", "task_arn": "SSMTell", "priority": 7},
        ],
    }
]
SETTINGS = policy.Settings()
INSTANCE = "i-0aaaaaaaaaaaaaaaa"


def read(baselines=None, windows=None):
    """The policy of these variables, of those above where none are given."""
    return policy.read(copy.deepcopy(baselines or BASELINES), copy.deepcopy(windows or WINDOWS), SETTINGS)


def as_made(wanted):
    """What AWS would have after the policy was applied, as account.read reads it."""
    baselines = [
        {"tags": {}, **baseline, "baseline_id": f"pb-{number}", "created_date": "2026-11-21T00:00:00+00:00"}
        for number, baseline in enumerate(copy.deepcopy(wanted.baselines))
    ]
    windows = []
    for number, window in enumerate(copy.deepcopy(wanted.windows)):
        for part, identifier in (("targets", "window_target_id"), ("tasks", "window_task_id")):
            for place, one in enumerate(window[part]):
                one[identifier] = f"{identifier}-{number}-{place}"
        windows.append({"tags": {}, **window, "window_id": f"mw-{number}"})
    groups = [
        {"patch_group": group, "operating_system": one["operating_system"], "baseline_id": one["baseline_id"],
         "baseline": one["name"]}
        for one in baselines for group in one["patch_groups"]
    ]  # fmt: skip
    return {"patch_baselines": baselines, "maintenance_windows": windows, "patch_groups": groups, "nodes": []}


def found(actual, wanted=None, nodes=(), purge=False):
    result = drift.compare(wanted or read(), actual, nodes, "Patch Group", drift.Purge(purge, purge))
    return result, [(one["kind"], one["name"], one["status"]) for one in result.findings]


def names(resources):
    return [one.get("name") for one in resources]


def test_what_was_applied_does_not_differ():
    result, findings = found(as_made(read()))
    assert findings == []
    assert not any(result.present.values())
    assert not any(result.absent.values())


def test_everything_is_missing_in_an_empty_account():
    result, findings = found({"patch_baselines": [], "maintenance_windows": [], "patch_groups": []})
    assert {status for _kind, _name, status in findings} == {"missing"}
    assert {kind: names(resources) for kind, resources in result.present.items()} == {
        "patch_baseline": ["dev", "production"],
        "maintenance_window": ["sunday"],
        "window_target": ["patch-groups", "two"],
        "window_task": ["scan", "install", "tell"],
        "patch_group": [],
        "iam_role": [],
        "node": [],
    }
    assert {target["window"] for target in result.present["window_target"]} == {"sunday"}


def change_baseline(actual, **members):
    actual["patch_baselines"][1].update(members)


def change_window(actual, **members):
    actual["maintenance_windows"][0].update(members)


def change_task(actual, **members):
    actual["maintenance_windows"][0]["tasks"][1].update(members)


def change_target(actual, **members):
    actual["maintenance_windows"][0]["targets"][0].update(members)


@pytest.mark.parametrize(
    ("change", "members", "finding", "kind"),
    [
        (change_baseline, {"rejected_patches": ["openssl*"]}, "production for AMAZON_LINUX_2", "patch_baseline"),
        (change_baseline, {"description": "Test servers"}, "production for AMAZON_LINUX_2", "patch_baseline"),
        (change_baseline, {"default": True}, "production for AMAZON_LINUX_2", "patch_baseline"),
        (change_baseline, {"patch_groups": []}, "production for AMAZON_LINUX_2", "patch_baseline"),
        (change_baseline, {"tags": {"Owner": "Eve"}}, "production for AMAZON_LINUX_2", "patch_baseline"),
        (change_baseline, {"global_filters": {"PRODUCT": ["x"]}}, "production for AMAZON_LINUX_2", "patch_baseline"),
        (change_window, {"enabled": False}, "sunday", "maintenance_window"),
        (change_window, {"schedule": "cron(0 3 ? * SUN *)"}, "sunday", "maintenance_window"),
        (change_window, {"schedule_timezone": "Europe/Berlin"}, "sunday", "maintenance_window"),
        (change_target, {"targets": {"tag:Patch Group": ["Dev"]}}, "patch-groups", "window_target"),
        (change_target, {"owner_information": "Eve"}, "patch-groups", "window_target"),
        (change_task, {"max_errors": "100%"}, "install", "window_task"),
        (change_task, {"service_role_arn": "arn:aws:iam::123456789012:role/x"}, "install", "window_task"),
        (change_task, {"window_targets": ["two"]}, "install", "window_task"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else getattr(value, "__name__", None) or str(value),
)
def test_a_member_that_differs_is_named_and_put_right(change, members, finding, kind):
    actual = as_made(read())
    change(actual, **members)
    result, _findings = found(actual)
    (differing,) = (one for one in result.findings if one["status"] == "different")
    (member,) = members
    assert (differing["kind"], differing["name"]) == (kind, finding)
    assert [one["member"] for one in differing["differences"]] == [member]
    assert differing["differences"][0]["on_aws"] == members[member]
    assert len(result.present[kind]) == 1
    assert sum(map(len, result.present.values())) == 1
    assert not any(result.absent.values())


def test_payloads_are_not_shown():
    windows = copy.deepcopy(WINDOWS)
    windows[0]["tasks"][2]["task_invocation_parameters"] = {"lambda": {"payload": '{"token": "s3cret"}'}}
    result, _findings = found(as_made(read()), read(windows=windows))
    assert [one["differences"] for one in result.findings] == [
        [{"member": "task_invocation_parameters", "in_code": "(not shown)", "on_aws": "(not shown)"}]
    ]
    assert "s3cret" not in str(result.findings)


def test_what_is_written_in_another_order_does_not_differ():
    actual = as_made(read())
    actual["patch_baselines"][0]["approval_rules"][0]["filters"]["CLASSIFICATION"].reverse()
    actual["maintenance_windows"][0]["targets"][0]["targets"]["tag:Patch Group"].reverse()
    assert found(actual)[1] == []


def test_tags_of_others_and_what_aws_deprecated_do_not_differ():
    actual = as_made(read())
    actual["patch_baselines"][0]["tags"] = {"awsApplication": "x"}
    actual["maintenance_windows"][0]["tags"] = {"awsApplication": "x"}
    actual["maintenance_windows"][0]["tasks"][0]["deprecated"] = {"logging_info": {}}
    assert found(actual)[1] == []


def extra(actual):
    """One of each kind that code does not know."""
    other = {**copy.deepcopy(actual["patch_baselines"][0]), "name": "other", "baseline_id": "pb-9", "patch_groups": []}
    actual["patch_baselines"].append(other)
    window = {**copy.deepcopy(actual["maintenance_windows"][0]), "name": "other", "window_id": "mw-9"}
    actual["maintenance_windows"].append(window)
    tasks = actual["maintenance_windows"][0]["tasks"]
    tasks.append({**copy.deepcopy(tasks[0]), "name": "other", "window_task_id": "task-9"})
    targets = actual["maintenance_windows"][0]["targets"]
    targets.append({**copy.deepcopy(targets[0]), "name": "other", "window_target_id": "target-9"})
    return actual


def test_what_is_on_aws_only_stays_but_within_a_window_that_code_has():
    result, findings = found(extra(as_made(read())))
    assert findings == [
        ("patch_baseline", "other for AMAZON_LINUX_2", "extra"),
        ("maintenance_window", "other", "extra"),
        ("window_target", "other", "extra"),
        ("window_task", "other", "extra"),
    ]
    gone = {kind: len(resources) for kind, resources in result.absent.items() if resources}
    assert gone == {"window_target": 1, "window_task": 1}
    assert result.absent["window_task"][0]["window_id"] == "mw-0"


def test_with_purge_it_goes():
    result, _findings = found(extra(as_made(read())), purge=True)
    assert names(result.absent["patch_baseline"]) == names(result.absent["maintenance_window"]) == ["other"]


def test_what_takes_a_patch_group_comes_before_what_gives_it_up():
    wanted = read([{**BASELINES[0], "patch_groups": [], "default": False},
                   {**BASELINES[1], "patch_groups": ["Dev", "Production"]}])  # fmt: skip
    result, _findings = found(as_made(read()), wanted)
    assert names(result.present["patch_baseline"]) == ["production", "dev"]


def test_nodes():
    actual = as_made(read())
    actual["nodes"] = [
        {"id": "i-1", "patch_group": "Dev", "tags": {"Patch Group": "Dev"}},
        {"id": "i-2", "patch_group": "Dev", "tags": {"Patch Group": "Dev"}},
        {"id": "i-3", "patch_group": "Dev", "tags": {"PatchGroup": "Dev"}},
        {"id": "i-4", "patch_group": "dev", "tags": {"Patch Group": "dev"}},
        {"id": "i-6", "patch_group": "Old", "tags": {"PatchGroup": "Old", "Patch Group": "Dev"}},
    ]
    code = [
        {"id": f"i-{number}", "patch_group": group} for number, group in ((1, "Dev"), (2, "Production"), (3, "Dev"))
    ]
    code += [{"id": "i-5", "patch_group": "Dev"}, {"id": "i-6", "patch_group": "Dev"}]
    result, findings = found(actual, nodes=code)
    assert findings == [
        ("node", "i-2", "different"),
        ("node", "i-3", "different"),
        ("node", "i-5", "missing"),
        ("node", "i-6", "different"),
        ("node", "i-4", "note"),
    ]
    assert {node["id"]: node["tags"] for node in result.present["node"]} == {
        "i-2": {"Patch Group": "Production"},
        "i-3": {"Patch Group": "Dev"},
        "i-5": {"Patch Group": "Dev"},
        "i-6": {"Patch Group": "Dev", "PatchGroup": "Dev"},
    }
    assert "registered with no baseline: it has the default one" in result.findings[-1]["message"]


def test_a_group_without_a_window_and_a_window_without_a_target_are_noted():
    windows = [{**WINDOWS[0], "patch_groups": ["Dev"], "tasks": []},
               {**WINDOWS[0], "name": "empty", "patch_groups": [], "targets": [], "tasks": []}]  # fmt: skip
    wanted = read(windows=windows)
    _result, findings = found(as_made(wanted), wanted)
    assert findings == [
        ("patch_group", "Production", "note"),
        ("maintenance_window", "sunday", "note"),
        ("maintenance_window", "empty", "note"),
        ("maintenance_window", "empty", "note"),
    ]


def twice(actual):
    """Another baseline, and another window, of a name that code has."""
    second = {
        **copy.deepcopy(actual["patch_baselines"][0]),
        "baseline_id": "pb-9",
        "patch_groups": [],
        "default": False,
    }
    actual["patch_baselines"].append(second)
    actual["maintenance_windows"].append({**copy.deepcopy(actual["maintenance_windows"][0]), "window_id": "mw-9"})
    return actual


@pytest.mark.parametrize("purge", [False, True])
def test_what_has_a_name_that_several_have_is_left_alone_and_said(purge):
    result, findings = found(twice(as_made(read())), purge=purge)
    assert findings == [("patch_baseline", "dev", "ambiguous"), ("maintenance_window", "sunday", "ambiguous")]
    assert (
        result.findings[0]["message"]
        == "is the name of several: pb-0, pb-9; give baseline_id to say which one is meant"
    )
    assert not any(result.present.values())
    assert not any(result.absent.values())
    with pytest.raises(ResourceError, match="maintenance_window sunday is the name of several: mw-0, mw-9"):
        result.refuse_ambiguous()


def test_destruction_deletes_nothing_whose_name_several_have():
    result = drift.destruction(read(), twice(as_made(read())), [])
    assert names(result.absent["patch_baseline"]) == ["production"]
    with pytest.raises(ResourceError, match="patch_baseline dev is the name of several: pb-0, pb-9"):
        result.refuse_ambiguous()


@pytest.mark.parametrize("first", [0, 1], ids=["as on AWS", "the other way round"])
def test_ids_say_which_one_is_meant(first):
    other = {**BASELINES[0], "baseline_id": "pb-9", "patch_groups": [], "default": False}
    code = [{**BASELINES[0], "baseline_id": "pb-0"}, other]
    wanted = read([code[first], code[1 - first], BASELINES[1]])
    result, findings = found(twice(as_made(read())), wanted)
    assert findings == [("maintenance_window", "sunday", "ambiguous")]
    assert not any(result.present.values())


def test_a_name_that_code_takes_from_another_has_to_be_free_first():
    """By its name the module would find, and overwrite, the one that is still called so."""
    renamed = {**WINDOWS[0], "window_id": "mw-0", "name": "former", "patch_groups": ["Dev"]}
    wanted = read(windows=[WINDOWS[0], renamed])
    result, findings = found(as_made(read()), wanted)
    assert ("maintenance_window", "sunday", "ambiguous") in findings
    assert names(result.present["maintenance_window"]) == ["former"]
    with pytest.raises(ResourceError, match="sunday is still the name of mw-0, which code calls former: apply that"):
        result.refuse_ambiguous()


def test_what_is_to_be_kept_is_not_purged():
    actual = as_made(read())
    group = {"patch_group": "Odd", "operating_system": "SUSE", "baseline_id": "arn:aws:x", "baseline": "AWS-Suse"}
    actual["patch_groups"].append(group)
    nothing = policy.Policy([], [])
    keep = ("pb-1", "mw-0", "arn:aws:x")
    result = drift.compare(nothing, actual, [], "Patch Group", drift.Purge(True, True, keep))
    assert {kind: names(gone) for kind, gone in result.absent.items() if gone} == {"patch_baseline": ["dev"]}
    assert ("maintenance_window", "sunday", "extra") in [
        (one["kind"], one["name"], one["status"]) for one in result.findings
    ]


def test_groups_that_two_baselines_swap_are_moved_by_those_who_take_them():
    actual = as_made(read())
    actual["patch_baselines"][0]["patch_groups"] = ["Production", "Old"]
    actual["patch_baselines"][1]["patch_groups"] = ["Dev"]
    result, _findings = found(actual)
    assert [one["purge_patch_groups"] for one in result.present["patch_baseline"]] == [False, False]
    assert [(one["patch_group"], one["baseline_id"]) for one in result.absent["patch_group"]] == [("Old", "pb-0")]


def test_a_baseline_on_aws_only_is_named_with_what_it_decides():
    actual = as_made(read())
    result = drift.compare(policy.Policy([], []), actual, [], "Patch Group", drift.Purge())
    (words,) = [one["message"] for one in result.findings if one["name"] == "dev for AMAZON_LINUX_2"]
    assert words == "is on AWS only, has patch groups Dev, is the default of AMAZON_LINUX_2"


def test_tags_of_aws_itself_do_not_differ():
    actual = as_made(read())
    actual["patch_baselines"][1]["tags"] = {"Owner": "platform", "aws:cloudformation:stack-name": "x"}
    assert found(actual)[1] == []


def test_a_window_that_is_disabled_patches_no_group():
    windows = [{**WINDOWS[0], "enabled": False}]
    wanted = read(windows=windows)
    assert found(as_made(wanted), wanted)[1] == [("patch_group", "Dev", "note"), ("patch_group", "Production", "note")]


def test_a_group_of_a_baseline_of_aws_is_on_aws_only():
    actual = as_made(read())
    group = {"patch_group": "Odd", "operating_system": "SUSE", "baseline_id": "arn:aws:x", "baseline": "AWS-Suse"}
    actual["patch_groups"].append(group)
    result, findings = found(actual)
    assert findings == [("patch_group", "Odd", "extra"), ("patch_group", "Odd", "note")]
    assert result.absent["patch_group"] == []
    result, findings = found(actual, purge=True)
    assert findings == [("patch_group", "Odd", "extra")]
    assert result.absent["patch_group"] == [group]


def test_destruction_names_what_is_there_of_the_policy():
    actual = extra(as_made(read()))
    tags = {"PatchGroup": "Dev", "Patch Group": "Somebody else's"}
    actual["nodes"] = [{"id": INSTANCE, "patch_group": "Dev", "tags": tags}]
    result = drift.destruction(read(), actual, [{"id": INSTANCE, "patch_group": "Dev"}])
    assert names(result.absent["patch_baseline"]) == ["dev", "production"]
    assert names(result.absent["maintenance_window"]) == ["sunday"]
    assert [(node["id"], node["tags"]) for node in result.absent["node"]] == [(INSTANCE, {"PatchGroup": "Dev"})]
    assert not any(result.present.values())


def test_variables_of_what_was_applied_do_not_differ_from_it():
    actual = as_made(read())
    written = variables(actual, "Patch Group")
    assert found(actual, read(written["patch_baselines"], written["maintenance_windows"]))[1] == []
    assert written == {
        "patch_baselines": BASELINES,
        "maintenance_windows": [
            {
                **{name: value for name, value in WINDOWS[0].items() if name not in ("tasks", "targets")},
                "targets": WINDOWS[0]["targets"],
                "tasks": [
                    WINDOWS[0]["tasks"][0],
                    WINDOWS[0]["tasks"][1],
                    WINDOWS[0]["tasks"][2],
                ],
            }
        ],
        "left_out": [],
    }


def test_variables_keep_ids_where_names_do_not_tell_apart():
    actual = as_made(read())
    actual["patch_baselines"].append({**copy.deepcopy(actual["patch_baselines"][1]), "baseline_id": "pb-9",
                                      "patch_groups": []})  # fmt: skip
    del actual["maintenance_windows"][0]["targets"][1]["name"]
    for task in actual["maintenance_windows"][0]["tasks"][:1]:
        task["window_targets"] = ["patch-groups", "window_target_id-0-1"]
    written = variables(actual, "Patch Group")
    assert [one.get("baseline_id") for one in written["patch_baselines"]] == [None, "pb-1", "pb-9"]
    assert written["maintenance_windows"][0]["targets"][0]["window_target_id"] == "window_target_id-0-1"
    assert found(actual, read(written["patch_baselines"], written["maintenance_windows"]))[1] == []


def test_a_group_of_a_baseline_of_aws_is_left_out_with_the_reason():
    actual = as_made(read())
    actual["patch_groups"].append({"patch_group": "Odd", "operating_system": "SUSE", "baseline_id": "arn:aws:ssm:x",
                                   "baseline": "AWS-SuseDefaultPatchBaseline"})  # fmt: skip
    (left_out,) = variables(actual, "Patch Group")["left_out"]
    assert left_out["reason"] == "is registered with AWS-SuseDefaultPatchBaseline, which belongs to AWS"
