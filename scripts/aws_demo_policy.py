# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of the AWS demo: applied, changed behind its back, repaired, imported."""

from __future__ import annotations

from aws_demo_session import Demo, changed, expect, title


def launch(demo: Demo) -> None:
    """Three EC2 instances; one has a patch group that nobody has heard of."""
    images = demo.aws("ec2", "describe-images", "--max-items", "1")["Images"]
    asked = ("--image-id", images[0]["ImageId"], "--count", "3")
    launched = demo.aws("ec2", "run-instances", *asked)["Instances"]
    demo.instances = [instance["InstanceId"] for instance in launched]
    tag = ("--resources", demo.instances[2], "--tags", "Key=Patch Group,Value=Prodution")
    demo.run("aws", "ec2", "create-tags", *tag, quiet=True)


def meddle(demo: Demo) -> None:
    """What people do in a console on a Friday."""
    own = demo.aws("ssm", "describe-patch-baselines", "--filters", "Key=OWNER,Values=Self")["BaselineIdentities"]
    ids = {one["BaselineName"]: one["BaselineId"] for one in own}
    production = ("--baseline-id", ids["production-amazon-linux-2"])
    demo.aws("ssm", "update-patch-baseline", *production, "--rejected-patches", "kernel*", "openssl*")
    critical = ("--baseline-id", ids["critical-windows"], "--patch-group", "Critical")
    demo.aws("ssm", "deregister-patch-baseline-for-patch-group", *critical)
    (window,) = demo.aws("ssm", "describe-maintenance-windows", "--filters", "Key=Name,Values=dev-nightly")[
        "WindowIdentities"
    ]
    demo.aws("ssm", "update-maintenance-window", "--window-id", window["WindowId"], "--no-enabled")
    by_hand = ("--name", "by-hand", "--schedule", "rate(7 days)", "--duration", "2", "--cutoff", "1")
    demo.aws("ssm", "create-maintenance-window", *by_hand, "--no-allow-unassociated-targets")


def show(demo: Demo) -> None:
    title("1. Apply the example: six baselines, six patch groups, three maintenance windows")
    launch(demo)
    expect(changed(demo.play()) > 0, "it was applied")
    title("2. Apply it again")
    expect(changed(demo.play()) == 0, "nothing changed")
    title("3. Somebody changes something behind its back")
    meddle(demo)
    title("4. See the drift, without changing anything")
    output = demo.play(aws_patch_manager_state="drift")
    for words in ("rejected_patches: [kernel*] in code, [kernel*, openssl*] on AWS", "patch_groups: ", "enabled: "):
        expect(words in output, f"the drift says: {words}")
    expect("extra: maintenance_window by-hand" in output, "and names what is on AWS only")
    expect("its patch group Prodution is registered with no baseline" in output, "and finds a misspelt patch group")
    expect(changed(output) == 0, "nothing changed")
    title("5. Repair it")
    expect(changed(demo.play()) > 0, "it was repaired")
    expect("different: " not in demo.play(aws_patch_manager_state="drift"), "nothing differs any more")
    title("6. Write what is there as variables, and apply those")
    demo.play(aws_patch_manager_state="import", aws_patch_manager_import_file=str(demo.imported))
    print(demo.imported.read_text(), flush=True)
    expect(changed(demo.play("-e", f"@{demo.imported}")) == 0, "nothing changed")


def destroy(demo: Demo) -> None:
    title("13. Destroy all of it")
    demo.play("-e", f"@{demo.imported}", aws_patch_manager_state="absent")
    demo.role("aws_alerts", **demo.alerts, aws_alerts_state="absent")
    own = demo.aws("ssm", "describe-patch-baselines", "--filters", "Key=OWNER,Values=Self")["BaselineIdentities"]
    windows = demo.aws("ssm", "describe-maintenance-windows")["WindowIdentities"]
    roles = [role["RoleName"] for role in demo.aws("iam", "list-roles")["Roles"]]
    filters = ("--filters", f"Name=resource-id,Values={','.join(demo.instances[:2])}")
    tags = demo.aws("ec2", "describe-tags", *filters)["Tags"]
    rules = demo.aws("events", "list-rules")["Rules"]
    topics = demo.aws("sns", "list-topics")["Topics"]
    expect(own == windows == tags == roles == rules == topics == [], "nothing is left")
