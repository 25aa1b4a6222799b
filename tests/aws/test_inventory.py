# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 instances as hosts, in a group for each patch group."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

INVENTORY = pathlib.Path(__file__).resolve().parents[2] / "inventories" / "aws_nodes"


def test_instances_are_grouped_by_their_patch_group(aws, tmp_path):
    ec2 = aws.client("ec2")
    image = ec2.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    ids = sorted(
        instance["InstanceId"] for instance in ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3)["Instances"]
    )
    ec2.create_tags(Resources=ids[:2], Tags=[{"Key": "Patch Group", "Value": "Dev"}])
    ec2.create_tags(Resources=ids[1:2], Tags=[{"Key": "PatchGroup", "Value": "Production"}])
    command = [pathlib.Path(sys.executable).parent / "ansible-inventory", "-i", INVENTORY, "--list"]
    environment = {**os.environ, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
    listed = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert listed.returncode == 0, listed.stderr
    groups = json.loads(listed.stdout)
    grouped = {name: group["hosts"] for name, group in groups.items() if name.startswith("patch_group_")}
    assert grouped == {
        "patch_group_Dev": ids[:1],
        "patch_group_Production": ids[1:2],
        "patch_group_none": ids[2:],
    }
