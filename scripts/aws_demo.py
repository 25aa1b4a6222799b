# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the AWS side to somebody without an account: an SSM on a loopback port, and a fleet that it manages.

    python3 scripts/run.py test python scripts/aws_demo.py [--keep] [--reports FOLDER]

Applies inventories/aws, applies it again, changes things behind its back with the aws CLI, shows the drift, repairs it,
and imports it as variables; scans and patches sixty nodes, and makes one report of them and this machine; destroys all.
Ends with an error where a step does not do what it is to do.
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import shlex
import signal
import sys
import tempfile

import aws_demo_fleet
import aws_demo_policy
import environment
from aws_demo_session import Demo, Disappointed, title


def main() -> int:
    sys.path.insert(0, str(environment.COLLECTIONS))
    from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

    parser = argparse.ArgumentParser(prog="make aws-demo", description="Show the AWS side without an account")
    parser.add_argument("--keep", action="store_true", help="leave the server running at the end, until interrupted")
    parser.add_argument(
        "--reports", type=pathlib.Path, default=environment.CHECKOUT / "reports", help="folder for the report"
    )
    chosen = parser.parse_args()
    server = Server()
    with tempfile.TemporaryDirectory() as folder:
        try:
            demo = Demo(server, pathlib.Path(folder))
            aws_demo_policy.show(demo)
            aws_demo_fleet.show(demo, chosen.reports.absolute())
            aws_demo_policy.destroy(demo)
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
