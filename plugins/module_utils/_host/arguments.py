# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Options of every module that works on a host: doc fragment host."""

from __future__ import annotations

import os
import typing as t

from .._baseline_arguments import BASELINE_ARGUMENTS
from .base import BackendError, Options

HOST_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "name": {"type": "str"},
    "run_id": {"type": "str"},
    "refresh": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "cache_valid_time": {"type": "int", "default": 6 * 60 * 60},
    "lock_timeout": {"type": "int", "default": 60},
    "apt_pins": {"type": "str", "choices": ["honour", "ignore"], "default": "honour"},
    "release_dates": {"type": "str", "choices": ["ignored", "published", "first_seen"], "default": "ignored"},
    "install_dependencies": {"type": "bool", "default": False},
    "bindings_interpreter": {"type": "str"},  # a path on the host, which the controller must not expand
}
RETURN_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "detail": {"type": "str", "choices": ["summary", "full"], "default": "summary"},
    "return_inventory": {"type": "bool", "default": False},
    "records_dir": {"type": "path"},
    "keep_inventory": {"type": "bool", "default": False},
}
INSTALL_LIMIT_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "manifest": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            # raw: null on Windows, which ansible-core 2.18 takes for no text; check_limits holds them to it elsewhere
            "arch": {"type": "raw", "required": True},
            "version": {"type": "raw", "required": True},
            "kb_id": {"type": "str"},
        },
    },
    "install_override_list": {
        "type": "list",
        "elements": "dict",
        "options": {"id": {"type": "str", "required": True}, "title": {"type": "str"}},
    },
    "include": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
}
REBOOT_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "reboot_option": {"type": "str", "choices": ["NoReboot", "RebootIfNeeded", "if_required"], "default": "NoReboot"},
    "reboot_timeout": {"type": "int", "default": 600},
}
INSTALL_ARGUMENTS_OF_ITS_OWN: t.Dict[str, t.Dict[str, t.Any]] = {
    "download_only": {"type": "bool", "default": False},
    "minimum_free_space": {"type": "int", "default": 200},
    "max_duration": {"type": "int", "default": 0},
}
SCAN_ARGUMENTS = {**BASELINE_ARGUMENTS, **HOST_ARGUMENTS, **RETURN_ARGUMENTS}
INSTALL_ARGUMENTS = {
    **SCAN_ARGUMENTS,
    **INSTALL_LIMIT_ARGUMENTS,
    **REBOOT_ARGUMENTS,
    **INSTALL_ARGUMENTS_OF_ITS_OWN,
}


def options(params: t.Mapping[str, t.Any], check_mode: bool) -> Options:
    """What a package manager needs to know of a module's options. Raises BackendError for a senseless value."""
    for name in ("cache_valid_time", "lock_timeout", "max_duration", "minimum_free_space", "reboot_timeout"):
        if (params.get(name) or 0) < 0:
            raise BackendError("%s: %d is not allowed; give 0 or more" % (name, params[name]))
    return Options(
        refresh=params["refresh"],
        cache_valid_time=params["cache_valid_time"],
        lock_timeout=params["lock_timeout"],
        apt_pins=params["apt_pins"],
        release_dates=params["release_dates"],
        install_dependencies=params["install_dependencies"],
        interpreter=params["bindings_interpreter"],
        check_mode=check_mode,
        privileged=os.geteuid() == 0,
    )


ROLLBACK_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    **SCAN_ARGUMENTS,
    **REBOOT_ARGUMENTS,
    "of_run": {"type": "str"},
    "partial": {"type": "bool", "default": False},
    "minimum_free_space": {"type": "int", "default": 200},
}
