# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the AWS side to somebody without an account: an SSM on a loopback port, and the example inventory applied to it.

    python3 scripts/run.py test python scripts/aws_demo.py [--keep]

Applies inventories/aws, applies it again, changes things behind its back with the aws CLI, shows the drift, repairs it,
imports it as variables and applies those, and destroys all. Ends with an error where a step does not do what it is to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import typing as t

import environment

PLAYBOOK = "patchops.fleet.aws"
INVENTORY = "inventories/aws"


class Disappointed(Exception):
    """A step did not do what it is to do."""


class Demo:
    """The steps, each shown as the commands that it runs."""

    def __init__(self, server: t.Any, folder: pathlib.Path) -> None:
        self.server = server
        self.folder = folder
        self.instances: list[str] = []

    def run(self, *command: str, quiet: bool = False) -> str:
        print(f"$ {shlex.join(command)}", flush=True)
        # nothing of the user's own: this is to reach no account
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        variables = {**own, **self.server.environment(), "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
        ended = subprocess.run(
            command,
            cwd=environment.CHECKOUT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if not quiet or ended.returncode:
            print(ended.stdout, flush=True)
        if ended.returncode:
            raise Disappointed(f"{shlex.join(command)} ended with {ended.returncode}")
        return ended.stdout

    def aws(self, *arguments: str) -> t.Any:
        return json.loads(self.run("aws", *arguments, "--output", "json", quiet=True) or "{}")

    def play(self, *arguments: str, **variables: t.Any) -> str:
        nodes = [
            {"id": self.instances[0], "patch_group": "Dev"},
            {"id": self.instances[1], "patch_group": "Production"},
        ]
        given = json.dumps({"aws_patch_manager_nodes": nodes, **variables})
        return self.run("ansible-playbook", PLAYBOOK, "-i", INVENTORY, "-e", given, *arguments)

    def launch(self) -> None:
        """Three EC2 instances; one has a patch group that nobody has heard of."""
        images = self.aws("ec2", "describe-images", "--max-items", "1")["Images"]
        asked = ("--image-id", images[0]["ImageId"], "--count", "3")
        launched = self.aws("ec2", "run-instances", *asked)["Instances"]
        self.instances = [instance["InstanceId"] for instance in launched]
        tag = ("--resources", self.instances[2], "--tags", "Key=Patch Group,Value=Prodution")
        self.run("aws", "ec2", "create-tags", *tag, quiet=True)

    def meddle(self) -> None:
        """What people do in a console on a Friday."""
        own = self.aws("ssm", "describe-patch-baselines", "--filters", "Key=OWNER,Values=Self")["BaselineIdentities"]
        ids = {one["BaselineName"]: one["BaselineId"] for one in own}
        production = ("--baseline-id", ids["production-amazon-linux-2"])
        self.aws("ssm", "update-patch-baseline", *production, "--rejected-patches", "kernel*", "openssl*")
        critical = ("--baseline-id", ids["critical-windows"], "--patch-group", "Critical")
        self.aws("ssm", "deregister-patch-baseline-for-patch-group", *critical)
        (window,) = self.aws("ssm", "describe-maintenance-windows", "--filters", "Key=Name,Values=dev-nightly")[
            "WindowIdentities"
        ]
        self.aws("ssm", "update-maintenance-window", "--window-id", window["WindowId"], "--no-enabled")
        by_hand = ("--name", "by-hand", "--schedule", "rate(7 days)", "--duration", "2", "--cutoff", "1")
        self.aws("ssm", "create-maintenance-window", *by_hand, "--no-allow-unassociated-targets")


def title(words: str) -> None:
    print(f"\n{'=' * 100}\n{words}\n{'=' * 100}", flush=True)


def changed(output: str) -> int:
    return int(re.search(r"changed=(\d+)", output).group(1))


def expect(condition: bool, words: str) -> None:
    if not condition:
        raise Disappointed(words)
    print(f"-> {words}", flush=True)


def show(demo: Demo) -> None:
    title("1. Apply the example: six baselines, six patch groups, three maintenance windows")
    demo.launch()
    expect(changed(demo.play()) > 0, "it was applied")
    title("2. Apply it again")
    expect(changed(demo.play()) == 0, "nothing changed")
    title("3. Somebody changes something behind its back")
    demo.meddle()
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
    file = demo.folder / "imported.yml"
    demo.play(aws_patch_manager_state="import", aws_patch_manager_import_file=str(file))
    print(file.read_text(), flush=True)
    expect(changed(demo.play("-e", f"@{file}")) == 0, "nothing changed")
    title("7. Destroy all of it")
    demo.play("-e", f"@{file}", aws_patch_manager_state="absent")
    own = demo.aws("ssm", "describe-patch-baselines", "--filters", "Key=OWNER,Values=Self")["BaselineIdentities"]
    windows = demo.aws("ssm", "describe-maintenance-windows")["WindowIdentities"]
    roles = [role["RoleName"] for role in demo.aws("iam", "list-roles")["Roles"]]
    filters = ("--filters", f"Name=resource-id,Values={','.join(demo.instances[:2])}")
    tags = demo.aws("ec2", "describe-tags", *filters)["Tags"]
    expect(own == windows == tags == roles == [], "nothing is left")


def main() -> int:
    sys.path.insert(0, str(environment.COLLECTIONS))
    from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

    parser = argparse.ArgumentParser(prog="make aws-demo", description="Show the AWS side without an account")
    parser.add_argument("--keep", action="store_true", help="leave the server running at the end, until interrupted")
    chosen = parser.parse_args()
    server = Server()
    with tempfile.TemporaryDirectory() as folder:
        try:
            show(Demo(server, pathlib.Path(folder)))
        except Disappointed as error:
            print(f"\nmake aws-demo: {error}", file=sys.stderr)
            return 1
        if chosen.keep:
            title("The server goes on until it is interrupted; for another shell:")
            print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in server.environment().items()))
            sys.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
