# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the server, print its URL, and answer until interrupted.

python3 scripts/run.py test python -m tests.servers.ssm [--port PORT] [--env]
"""

from __future__ import annotations

import argparse
import pathlib
import shlex
import signal
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]


def main() -> None:
    sys.path.insert(0, str(CHECKOUT / ".cache" / "collections"))
    from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

    parser = argparse.ArgumentParser(prog="tests.servers.ssm", description="A strict SSM on a loopback port")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--env", action="store_true", help="print variables for a shell, not the URL alone")
    chosen = parser.parse_args()
    # both end the same way, also where a shell started this in the background and so without SIGINT
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server = Server(chosen.port)
    if chosen.env:
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in server.environment().items()))
    else:
        print(server.url)
    sys.stdout.flush()
    signal.sigwait(signals)
    server.stop()


if __name__ == "__main__":
    main()
