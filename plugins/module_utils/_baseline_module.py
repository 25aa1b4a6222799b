# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Modules that take baselines, whose sources may hold credentials, and log them without."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ._plain import plain

HIDDEN = "********"

# A setting, or a part of an address; of the former everything up to the end of its line.
_setting = re.compile(r"(?im)((?:password|passwd|passphrase|secret|token)\w*\s*[=:]\s*).*")
_userinfo = re.compile(r"(?<=://)[^/\s]*@")


class BaselineModule(AnsibleModule):
    """`given` are the options as plain values.

    What Ansible logs of them on the node, and returns as `invocation`, has no credentials. They are not made no_log
    values: a short password would then be cut out of every other word of the result.
    """

    def __init__(self, *arguments: t.Any, **details: t.Any) -> None:
        super().__init__(*arguments, **details)
        self.given = plain(dict(self.params))
        self.params = dict(self.params, baselines=without_credentials(self.given["baselines"]))

    def _log_invocation(self) -> None:
        whole, self.params = (
            self.params,
            dict(self.params, baselines=without_credentials(plain(self.params["baselines"]))),
        )
        super()._log_invocation()
        self.params = whole


def without_credentials(value: t.Any) -> t.Any:
    """`value` with passwords in it replaced, however deep they are."""
    if isinstance(value, str):
        return _setting.sub(r"\1" + HIDDEN, _userinfo.sub(HIDDEN + "@", value))
    if isinstance(value, dict):
        return {name: without_credentials(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_credentials(inner) for inner in value]
    return value
