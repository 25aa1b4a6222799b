# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the steps of the AWS demo share: commands that are shown as they run, and expectations that end it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import subprocess
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
        self.imported = folder / "imported.yml"
        self.alerts: dict[str, t.Any] = {}  # variables of role aws_alerts

    def run(self, *command: str, quiet: bool = False, fails: bool = False) -> str:
        """What it says, shown line by line as it comes; it has to fail where it `fails`."""
        print(f"$ {shlex.join(command)}", flush=True)
        # nothing of the user's own: this is to reach no account
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        more = {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false", "PYTHONUNBUFFERED": "1"}
        said = []
        with subprocess.Popen(
            command,
            cwd=environment.CHECKOUT,
            env={**own, **self.server.environment(), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout:
                said.append(line)
                if not quiet:
                    print(line, end="", flush=True)
        if (process.returncode != 0) != fails:
            print("".join(said) if quiet else "", flush=True)
            raise Disappointed(f"{shlex.join(command)} ended with {process.returncode}")
        return "".join(said)

    def aws(self, *arguments: str) -> t.Any:
        return json.loads(self.run("aws", *arguments, "--output", "json", quiet=True) or "{}")

    def role(self, name: str, fails: bool = False, **variables: t.Any) -> str:
        """A role of the collection, without a playbook around it."""
        task = ("-m", "ansible.builtin.include_role", "-a", f"name=patchops.fleet.{name}")
        return self.run("ansible", "localhost", "-i", INVENTORY, *task, "-e", json.dumps(variables), fails=fails)

    def module(self, name: str, fails: bool = False, **options: t.Any) -> str:
        task = ("-m", f"patchops.fleet.{name}", "-a", json.dumps(options))
        return self.run("ansible", "localhost", "-i", INVENTORY, *task, fails=fails)

    def play(self, *arguments: str, **variables: t.Any) -> str:
        nodes = [
            {"id": self.instances[0], "patch_group": "Dev"},
            {"id": self.instances[1], "patch_group": "Production"},
        ]
        given = json.dumps({"aws_patch_manager_nodes": nodes, **variables})
        return self.run("ansible-playbook", PLAYBOOK, "-i", INVENTORY, "-e", given, *arguments)


def title(words: str) -> None:
    print(f"\n{'=' * 100}\n{words}\n{'=' * 100}", flush=True)


def changed(output: str) -> int:
    return int(re.search(r"changed=(\d+)", output).group(1))


def expect(condition: bool, words: str) -> None:
    if not condition:
        raise Disappointed(words)
    print(f"-> {words}", flush=True)
