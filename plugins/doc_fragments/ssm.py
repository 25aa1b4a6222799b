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
