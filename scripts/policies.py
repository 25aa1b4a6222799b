# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the least policies of IAM for roles and modules, docs/iam/*.json, by what they call.

    python3 scripts/run.py test python scripts/policies.py [NAME...]

Names are those of files, without .json. Without any all are made.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

import environment


def main(*names: str) -> None:
    sys.path.insert(0, str(environment.COLLECTIONS))
    from ansible_collections.patchops.fleet.tests.aws import rehearsal
    from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

    unknown = set(names) - {scenario.name for scenario in rehearsal.SCENARIOS}
    if unknown:
        sys.exit(f"tests/aws/scenarios.py has no {', '.join(sorted(unknown))}")
    server = Server()
    with tempfile.TemporaryDirectory() as folder:
        changed = rehearsal.write(server, pathlib.Path(folder), names)
    server.stop()
    print(f"docs/iam: {', '.join(changed) or 'nothing'} changed")


if __name__ == "__main__":
    main(*sys.argv[1:])
