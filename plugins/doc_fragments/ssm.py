# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules on Systems Manager have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode, and says what would change without changing it.
    support: full
  diff_mode:
    description: Shows the resource before and after, in check mode as in a real run.
    support: full
  idempotent:
    description: Run again with the same options, it changes nothing.
    support: full
  action_group:
    description: Options that all AWS modules share can be given once, in C(module_defaults).
    support: full
    membership:
      - patchops.fleet.aws
notes:
  - Calls that AWS throttles are repeated.
  - The permissions that modules need are in C(docs/iam) of the collection, as policies of IAM.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode, and does the same then.
    support: full
  diff_mode:
    description: Shows what changes. This module changes nothing.
    support: none
  idempotent:
    description: Run again with the same options, it changes nothing.
    support: full
  action_group:
    description: Options that all AWS modules share can be given once, in C(module_defaults).
    support: full
    membership:
      - patchops.fleet.aws
notes:
  - Calls that AWS throttles are repeated.
  - The permissions that modules need are in C(docs/iam) of the collection, as policies of IAM.
"""

    TAGS = r"""
options:
  tags:
    description: Tags. Not given they stay.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. AWS's own stay.
    type: bool
    default: true
"""

    FOLLOWED = r"""
options: {}
attributes:
  action:
    description: Has a part on the controller, which shows how far the module is.
    support: full
  action_group:
    description: Options that all AWS modules share can be given once, in C(module_defaults).
    support: full
    membership:
      - patchops.fleet.aws
  async:
    description: Can be run with C(async), without a word on how far it is.
    support: full
  bypass_host_loop:
    description: Forces a global task that does not run for each host.
    support: none
  check_mode:
    description: Can run in check mode, and says what would be done without doing it.
    support: full
  diff_mode:
    description: Shows what changes.
    support: none
  idempotent:
    description: Run again with the same options, it changes nothing.
    support: none
  platform:
    description: Systems that the module runs on.
    support: full
    platforms: all
notes:
  - The permissions that modules need are in C(docs/iam) of the collection, as policies of IAM.
"""
