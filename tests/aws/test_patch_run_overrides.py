# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_run with files of overrides, and what it refuses before any call."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.patchops.fleet.tests.aws.test_patch_run import IDS, commands, statuses
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, nodes

SNAPSHOT = "01234567-89ab-cdef-0123-456789abcdef"
RULE = {"filters": {"CLASSIFICATION": ["Security"]}, "approve_after_days": 0}
BASELINE = {"operating_system": "AMAZON_LINUX_2023", "approval_rules": [RULE], "rejected_patches": ["kernel*"]}
UBUNTU = {"operating_system": "UBUNTU", "approval_rules": [{"filters": {"PRIORITY": ["Required"]}}]}
LIST = [{"id": "openssl.x86_64"}, {"id": 'o"dd: #*', "title": "*:1:3.0.8*"}]
BUCKET = {"override_s3_bucket_name": "overrides"}


@pytest.fixture
def bucket(aws):
    """The names of what is in it."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="overrides", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return lambda: [one["Key"] for one in s3.list_objects_v2(Bucket="overrides").get("Contents", [])]


def uploaded(aws, key):
    return aws.client("s3").get_object(Bucket="overrides", Key=key)["Body"].read().decode()


def test_a_baseline_override(aws, patch, bucket):
    """What nodes find they print, and nothing is reported. The file is there while they need it."""
    aws.nodes(*nodes(2, patches=[MISSING]), {"id": IDS[2], "operating_system": "WINDOWS", "platform": "Windows"})
    result = patch(instance_ids=IDS, max_errors=1, baseline_override=[BASELINE, UBUNTU], **BUCKET)
    assert statuses(result) == {IDS[0]: "Success", IDS[1]: "Success", IDS[2]: "Failed"}
    good, _other, bad = result["nodes"]
    read = json.loads(good["output"].partition(": ")[2])
    assert read["ApprovalRules"]["PatchRules"][0]["PatchFilterGroup"] == {
        "PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["Security"]}]
    }
    assert (read["RejectedPatches"], read["OperatingSystem"]) == (["kernel*"], "AMAZON_LINUX_2023")
    assert "exit code 163: the baseline override has no baseline for this operating system" in bad["message"]
    assert aws.client().describe_instance_patch_states(InstanceIds=IDS)["InstancePatchStates"] == []
    assert (bucket(), result["override_files"]) == ([], [])
    key = f"patchops/{result['snapshot_id']}/baseline-override.json"
    assert commands(aws)[0]["Parameters"]["BaselineOverride"] == [f"s3://overrides/{key}"]
    assert [one.partition(" as command")[0] for one in result["changes"]] == [
        f"upload s3://overrides/{key}",
        "send AWS-RunPatchBaseline (Scan) to 3 nodes",
        f"remove s3://overrides/{key}",
    ]


def test_what_is_probably_not_meant_is_said(aws, patch, bucket):
    aws.nodes(*nodes(1))
    delayed = {
        "operating_system": "UBUNTU",
        "approval_rules": [{**UBUNTU["approval_rules"][0], "approve_after_days": 7}],
    }
    result = patch(True, instance_ids=IDS[:1], baseline_override=[BASELINE, delayed], **BUCKET)
    words = "baseline_override[1].approval_rules[0]: the delay or cut-off has no effect on UBUNTU"
    assert any(one.startswith(words) for one in result["warnings"])


def test_an_install_override_list(aws, patch, bucket):
    aws.nodes(*nodes(1, patches=[MISSING, {**MISSING, "KBId": "kernel.x86_64"}]))
    options = {"operation": "Install", "install_override_list": LIST, **BUCKET, "override_s3_key_prefix": ""}
    result = patch(instance_ids=IDS[:1], snapshot_id=SNAPSHOT, **options)
    assert statuses(result) == {IDS[0]: "Success"}
    (state,) = aws.client().describe_instance_patch_states(InstanceIds=IDS[:1])["InstancePatchStates"]
    assert (state["InstalledCount"], state["MissingCount"]) == (1, 1)
    assert state["InstallOverrideList"] == f"s3://overrides/{SNAPSHOT}/install-override-list.yml"
    assert bucket() == []


def test_the_file_stays_where_nobody_waits(aws, patch, bucket):
    aws.nodes(*nodes(1))
    options = {"operation": "Install", "install_override_list": LIST, **BUCKET}
    result = patch(instance_ids=IDS[:1], wait=False, **options)
    (key,) = bucket()
    assert result["override_files"] == [f"s3://overrides/{key}"]
    assert any("Nodes may still need" in one for one in result["warnings"])
    assert yaml.safe_load(uploaded(aws, key)) == {"patches": LIST}


def test_the_file_goes_where_the_command_is_refused(aws, patch, bucket):
    aws.nodes(*nodes(1))
    aws.fail(operation="SendCommand", error="InvalidDocument")
    result = patch(instance_ids=IDS[:1], baseline_override=[BASELINE], **BUCKET)
    assert result["failed"]
    assert bucket() == []


def test_check_mode_uploads_nothing(aws, patch, bucket):
    aws.nodes(*nodes(1))
    result = patch(True, instance_ids=IDS[:1], baseline_override=[BASELINE], **BUCKET)
    assert (statuses(result), bucket()) == ({IDS[0]: "Planned"}, [])


def test_a_bucket_that_is_not_there(aws, patch):
    aws.nodes(*nodes(1))
    result = patch(instance_ids=IDS[:1], baseline_override=[BASELINE], **BUCKET)
    assert "Failed to upload s3://overrides/patchops/" in result["msg"]
    assert commands(aws) == []


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        pytest.param({"baseline_override_url": "s3://mine/a b.json"}, "BaselineOverride", id="baselines"),
        pytest.param({"operation": "Install", "install_override_list_url": "https://example.com/list.yml"},
                     "InstallOverrideList", id="list"),
    ],
)  # fmt: skip
def test_addresses_that_are_given(aws, patch, options, parameter):
    aws.nodes(*nodes(1, end="Undeliverable"))
    patch(instance_ids=IDS[:1], **options)
    assert commands(aws)[0]["Parameters"][parameter] == [next(v for k, v in options.items() if k.endswith("_url"))]


NODES = {"instance_ids": IDS[:1]}
REFUSED = [
    pytest.param({}, "one of the following is required: instance_ids, targets, patch_group", id="nobody"),
    pytest.param({**NODES, "patch_group": "P"}, "mutually exclusive", id="two ways"),
    pytest.param({"instance_ids": []}, "instance_ids: must have one id or more", id="no ids"),
    pytest.param({"instance_ids": ["web1"]}, "instance_ids[0]: 'web1' is not allowed", id="no id of a node"),
    pytest.param({"patch_group": "a*b"}, "patch_group: 'a*b' may hold letters", id="patch group"),
    pytest.param({"targets": {}}, "targets: must have 1 to 5 keys, not 0", id="no targets"),
    pytest.param({"targets": {"Tag:a": "b"}}, "targets.Tag:a: is no key for INSTANCE", id="target key"),
    pytest.param({"targets": {"resource-groups:Name": "a", "tag:b": "c"}},
                 "targets.tag:b: is no key for RESOURCE_GROUP", id="resource group and tag"),
    pytest.param({"operation": "Check", **NODES}, "value of operation must be one of", id="operation"),
    pytest.param({"reboot_option": "AlwaysReboot", **NODES}, "value of reboot_option must be one of", id="reboot"),
    pytest.param({"snapshot_id": "1", **NODES}, "snapshot_id: '1' is not allowed; allowed: a GUID", id="snapshot"),
    pytest.param({"max_concurrency": "0", **NODES}, "max_concurrency: '0' is not allowed", id="concurrency"),
    pytest.param({"max_errors": "101%", **NODES}, "max_errors: '101%' is not allowed", id="errors"),
    pytest.param({"timeout_seconds": 29, **NODES}, "timeout_seconds: 29 is not allowed", id="timeout"),
    pytest.param({"step_timeout_seconds": 36001, **NODES}, "step_timeout_seconds: 36001 is not", id="step timeout"),
    pytest.param({"comment": "x" * 101, **NODES}, "comment: must have 0 to 100 characters, not 101", id="comment"),
    pytest.param({"document_version": "new", **NODES}, "document_version: 'new' is not allowed", id="version"),
    pytest.param({"output_s3_bucket_name": "ab", **NODES}, "output_s3_bucket_name: must have 3 to 63", id="bucket"),
    pytest.param({"notification_config": {"notification_events": ["All"]}, **NODES},
                 "notification_config.notification_arn: is missing", id="no topic"),
    pytest.param({"notification_config": {"notification_arn": "arn:aws:sns:a:1:b"}, **NODES},
                 "service_role_arn: is missing", id="no role for notifications"),
    pytest.param({"pre_install_hook": "a", **NODES}, "pre_install_hook: 'a' is not allowed", id="hook"),
    pytest.param({"pre_install_hook": "Drain", "step_timeout_seconds": 60, **NODES},
                 "step_timeout_seconds: is not taken by AWS-RunPatchBaselineWithHooks", id="step timeout with hooks"),
    pytest.param({"operation": "Install", "on_exit_hook": "Drain", "install_override_list": LIST, **BUCKET, **NODES},
                 "install_override_list: is not taken by AWS-RunPatchBaselineWithHooks", id="list with hooks"),
    pytest.param({"install_override_list": LIST, **BUCKET, **NODES},
                 "install_override_list: is for operation Install alone", id="scan with a list"),
    pytest.param({"operation": "Install", "install_override_list": LIST, "baseline_override": [BASELINE], **BUCKET,
                  **NODES}, "install_override_list: cannot be combined with baseline_override", id="both overrides"),
    pytest.param({"operation": "Install", "install_override_list": [{"id": ""}], **BUCKET, **NODES},
                 "install_override_list[0].id: is required", id="entry without an id"),
    pytest.param({"baseline_override": [BASELINE], **NODES}, "override_s3_bucket_name: is missing", id="no bucket"),
    pytest.param({"baseline_override": [BASELINE], "override_s3_bucket_name": "A_B", **NODES},
                 "override_s3_bucket_name: 'A_B' is no name of a bucket", id="name of the bucket"),
    pytest.param({"baseline_override": [BASELINE], "override_s3_key_prefix": "a$b", **BUCKET, **NODES},
                 "override_s3_key_prefix: may hold", id="prefix"),
    pytest.param({"baseline_override": [BASELINE], "override_s3_key_prefix": "a" * 256, **BUCKET, **NODES},
                 "override_s3_key_prefix: makes an address of", id="long prefix"),
    pytest.param({"baseline_override": [BASELINE, BASELINE], **BUCKET, **NODES},
                 "baseline_override[1].operating_system: is the second one for AMAZON_LINUX_2023", id="two baselines"),
    pytest.param({"baseline_override": [{"approval_rules": []}], **BUCKET, **NODES},
                 "baseline_override[0].operating_system: is needed on AWS", id="portable baseline"),
    pytest.param({"baseline_override": [{**BASELINE, "approval_rules": [{**RULE, "approve_after_days": 361}]}],
                  **BUCKET, **NODES}, "baseline_override[0].approval_rules[0].approve_after_days", id="baseline"),
    pytest.param({"baseline_override": [], **BUCKET, **NODES}, "baseline_override: must be a list", id="no baseline"),
    pytest.param({"baseline_override_url": "ftp://a/b", **NODES}, "baseline_override_url: 'ftp://a/b' is not",
                 id="address"),
    pytest.param({"baseline_override_url": "s3://a/`b`", **NODES}, "baseline_override_url: 's3://a/`b`' is not",
                 id="address with a shell in it"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_what_is_refused_before_any_call(aws, patch, options, words):
    result = patch(**options)
    assert result["failed"]
    assert words in result["msg"]
    assert aws.calls == []


def test_everything_that_is_wrong_is_said_at_once(patch):
    result = patch(
        instance_ids=["web1"], max_errors="x", baseline_override=[{"operating_system": "FEDORA"}], comment="x" * 101
    )
    for words in ("instance_ids[0]", "max_errors", "comment", "FEDORA"):
        assert words in result["msg"]
