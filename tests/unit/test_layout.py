# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of docs/architecture.md: who may import whom, and that private files say they are."""

from __future__ import annotations

import ast
import pathlib
import sys

import pytest

PLUGINS = pathlib.Path(__file__).resolve().parents[2] / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
HERE = "ansible_collections.patchops.fleet."

# What each room of module_utils may import of the collection, besides itself and the private files beside the rooms.
ROOMS = {
    "_engine": (),
    "_host": ("_engine",),
    "_schedule": ("_engine",),
    "_ssm": ("_engine", "_schedule"),
}
# These are pure: they do not even use the files beside the rooms.
PURE_ROOMS = ("_engine", "_schedule")
# What they take of the standard library: nothing that reaches files, processes, the network, the environment, a clock.
PURE_LIBRARY = {
    *("__future__", "calendar", "datetime", "fnmatch", "functools", "hashlib", "heapq", "itertools", "json", "re"),
    *("string", "typing"),
}
AMAZON = "ansible_collections.amazon.aws.plugins.module_utils."
# But for these files: one looks up time zones in the system's data, one has the retries and errors of amazon.aws.
EDGES = {
    MODULE_UTILS / "_schedule" / "zones.py": ["zoneinfo"],
    MODULE_UTILS / "_ssm" / "api.py": [
        AMAZON + "errors.AWSErrorHandler",
        AMAZON + "exceptions.AnsibleAWSError",
        AMAZON + "retries.AWSRetry",
    ],
}
# Calls that reach out all the same.
IMPURE_CALLS = {"open", "input", "print", "exec", "eval", "__import__"}
CLOCKS = {"now", "utcnow", "today"}
# The controller's side of Windows nodes is as pure as the engine: only its action asks the node and the clock.
WINDOWS = PLUGINS / "plugin_utils" / "_windows"
OPEN_TO_WINDOWS = (
    *("plugin_utils._windows.", "module_utils._engine."),
    *("module_utils._host.node.", "module_utils._finding."),
)
# A probe travels alone, as text, to the interpreter that owns these bindings.
PROBES = MODULE_UTILS / "_host" / "probes"
BINDINGS = {"apt", "apt_inst", "apt_pkg", "dnf", "hawkey", "libdnf", "libdnf5", "libdnf5_cli", "rpm"}
STANDARD_LIBRARY = sys.stdlib_module_names | {"compression"}  # Python 3.14's


def files_of(room):
    return sorted(path for path in (MODULE_UTILS / room).rglob("*.py") if path.parent != PROBES)


def absolute(node, package):
    """The full name of what an import statement names, for `from ..x import y` too; `package` holds the file."""
    if not node.level:
        return node.module
    parent = package[: len(package) - node.level + 1]
    return ".".join([*parent, *filter(None, [node.module])])


def imported_by(statement, package):
    """What one statement imports; of `from x import y`, x.y: y may be a module."""
    if isinstance(statement, ast.Import):
        return {alias.name for alias in statement.names}
    if isinstance(statement, ast.ImportFrom):
        return {f"{absolute(statement, package)}.{alias.name}" for alias in statement.names}
    return set()


def imported_anywhere(source, package):
    return set().union(*(imported_by(node, package) for node in ast.walk(ast.parse(source))))


def imported_at_the_top(source, package):
    return set().union(*(imported_by(node, package) for node in ast.parse(source).body))


def roots(names):
    return {name.partition(".")[0] for name in names}


def allowed(name, room):
    if not name.startswith("ansible_collections."):
        return name.partition(".")[0] in (PURE_LIBRARY if room in PURE_ROOMS else STANDARD_LIBRARY)
    utils = HERE + "plugins.module_utils."
    neighbour = name[len(utils) :].split(".")[0] if name.startswith(utils) else ""
    if neighbour in (room, *ROOMS[room]):
        return True
    return room not in PURE_ROOMS and (MODULE_UTILS / f"{neighbour}.py").is_file() and neighbour.startswith("_")


def forbidden_imports(source, room, package=()):
    package = (HERE + f"plugins.module_utils.{room}").split(".") + list(package)
    return sorted(name for name in imported_anywhere(source, package) if not allowed(name, room))


def identified(path):
    return path.relative_to(PLUGINS).as_posix()


ROOM_FILES = [pytest.param(room, path, id=identified(path)) for room in ROOMS for path in files_of(room)]


@pytest.mark.parametrize(("room", "path"), ROOM_FILES)
def test_imports_stay_within_the_room_its_neighbours_and_the_standard_library(room, path):
    package = path.relative_to(MODULE_UTILS / room).parts[:-1]
    assert forbidden_imports(path.read_text(encoding="utf-8"), room, package) == EDGES.get(path, [])


@pytest.mark.parametrize(
    ("room", "statement", "forbidden"),
    [
        pytest.param("_engine", "import json, re", [], id="standard library"),
        pytest.param("_engine", "from .patch import Patch", [], id="own room"),
        pytest.param("_engine", "from . import patch", [], id="own room, a whole module"),
        pytest.param("_engine", "import yaml", ["yaml"], id="another library"),
        pytest.param("_engine", "def f():\n    import yaml.nodes", ["yaml.nodes"], id="inside a function"),
        pytest.param("_engine", "from ansible.module_utils.basic import env_fallback",
                     ["ansible.module_utils.basic.env_fallback"], id="Ansible"),
        pytest.param("_engine", "from .._host.base import BackendError",
                     [HERE + "plugins.module_utils._host.base.BackendError"], id="back from the engine to the host"),
        pytest.param("_engine", "from .. import _plain",
                     [HERE + "plugins.module_utils._plain"], id="the engine and a file beside the rooms"),
        pytest.param("_host", "from .._engine.patch import Patch", [], id="host to engine"),
        pytest.param("_host", "from ansible_collections.patchops.fleet.plugins.module_utils._engine.patch import Patch",
                     [], id="host to engine by its full name"),
        pytest.param("_host", "from .._plain import plain", [], id="host and a file beside the rooms"),
        pytest.param("_host", "from .._schedule.window import Window",
                     [HERE + "plugins.module_utils._schedule.window.Window"], id="host to schedule"),
        pytest.param("_schedule", "from .._engine.errors import Problem", [], id="schedule to engine"),
        pytest.param("_schedule", "from .._host.base import BackendError",
                     [HERE + "plugins.module_utils._host.base.BackendError"], id="schedule to host"),
        pytest.param("_schedule", "from .._plain import plain",
                     [HERE + "plugins.module_utils._plain.plain"], id="the schedule and a file beside the rooms"),
        pytest.param("_host", "import subprocess, os, time", [], id="a host has processes, files and a clock"),
        pytest.param("_engine", "import subprocess, os, time, socket, urllib.request",
                     ["os", "socket", "subprocess", "time", "urllib.request"], id="the engine has none"),
        pytest.param("_schedule", "import os, zoneinfo", ["os", "zoneinfo"], id="nor has the schedule"),
    ],
)  # fmt: skip
def test_the_rule_itself(room, statement, forbidden):
    assert forbidden_imports(statement, room) == forbidden


def impure_calls(source):
    """Calls of built-ins that reach outside, and of a clock; `json.load(stream)` needs a stream and is harmless."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    built_in = {call.id for call in calls if isinstance(call, ast.Name)} & IMPURE_CALLS
    clocks = {call.attr for call in calls if isinstance(call, ast.Attribute)} & CLOCKS
    return sorted(built_in | clocks)


@pytest.mark.parametrize("path", [path for room in PURE_ROOMS for path in files_of(room)], ids=identified)
def test_pure_rooms_open_nothing_and_ask_no_clock(path):
    assert impure_calls(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("open('/etc/passwd')", ["open"], id="file"),
        pytest.param("datetime.datetime.now(UTC)", ["now"], id="clock"),
        pytest.param("datetime.date.today()", ["today"], id="day"),
        pytest.param("judge.package(now)", [], id="a moment that is given"),
    ],
)
def test_what_counts_as_impure(source, found):
    assert impure_calls(source) == found


@pytest.mark.parametrize("path", sorted(WINDOWS.glob("*.py")), ids=identified)
def test_the_windows_room_is_pure_and_knows_the_engine_alone(path):
    source = path.read_text(encoding="utf-8")
    imported = imported_anywhere(source, (HERE + "plugins.plugin_utils._windows").split("."))
    opened = tuple(HERE + "plugins." + room for room in OPEN_TO_WINDOWS)
    own = {name for name in imported if name.startswith("ansible_collections.")}
    assert [name for name in own if not (name + ".").startswith(opened)] == []
    assert roots(imported - own) <= PURE_LIBRARY
    assert impure_calls(source) == []


@pytest.mark.parametrize("path", sorted(PROBES.glob("*.py")), ids=identified)
def test_probes_import_only_the_standard_library_and_inside_functions_the_bindings(path):
    source = path.read_text(encoding="utf-8")
    beside_it = {"probes"}  # sent along, see base.ask_probe
    assert roots(imported_anywhere(source, ("probes",))) - STANDARD_LIBRARY - beside_it <= BINDINGS
    assert roots(imported_at_the_top(source, ("probes",))) - beside_it <= STANDARD_LIBRARY


def private_files():
    names = ((path, path.relative_to(PLUGINS).parts) for path in PLUGINS.rglob("*.py") if path.name != "__init__.py")
    return sorted(path for path, parts in names if any(part.startswith("_") for part in parts))


@pytest.mark.parametrize("path", private_files(), ids=identified)
def test_private_files_say_so_first(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert docstring.startswith("PRIVATE to the collection.")


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_there_are_files_to_check(room):
    assert files_of(room)
