# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What every package manager can answer, and how a probe is asked."""

from __future__ import annotations

import abc
import datetime
import inspect
import json
import os
import types
import typing as t

Document = t.Dict[str, t.Any]
Clock = t.Callable[[], datetime.datetime]  # aware, UTC

# Bindings belong to one interpreter and error texts are parsed: no localisation, no questions.
ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": "C", "DEBIAN_FRONTEND": "noninteractive"}


BUNDLE = """\
import importlib.machinery
import sys
import types

__spec__ = importlib.machinery.ModuleSpec("probes.main", None)
for name, text in %r:
    module = sys.modules["probes." + name] = types.ModuleType("probes." + name)
    module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
    exec(compile(text, name, "exec"), module.__dict__)
exec(compile(%r, "probe", "exec"))
"""


class Run(t.Protocol):
    """Runs a command in ENVIRONMENT and answers exit code, standard output and standard error."""

    def __call__(self, command: t.Sequence[str], data: t.Optional[str] = None) -> t.Tuple[int, str, str]: ...


class Source(t.NamedTuple):
    """A repository that a baseline names, in the form of the package manager's own configuration files."""

    name: str
    configuration: str


class Options(t.NamedTuple):
    """What the user asks of a package manager, and what this run may do."""

    refresh: str = "auto"  # auto, always, never
    cache_valid_time: int = 6 * 60 * 60  # seconds; auto refreshes what is older
    lock_timeout: int = 60  # seconds to wait for another process that refreshes
    apt_pins: str = "honour"  # honour, ignore
    release_dates: str = "ignored"  # ignored, published, first_seen
    install_dependencies: bool = False
    sources: t.Tuple[Source, ...] = ()  # used instead of the repositories that are configured on the node
    interpreter: t.Optional[str] = None  # the one that owns the bindings; None: find it
    check_mode: bool = False
    privileged: bool = True  # root
    root: str = ""  # the file system to look at; tests only


class BackendError(Exception):
    """A package manager failed; says what was being done to which thing, and what to do about it."""


class BindingsMissing(BackendError):
    """No interpreter on this node has the package manager's bindings."""


class CacheUnusable(BackendError):
    """The package manager cannot open its own metadata."""


class PackageManager(abc.ABC):
    """`changed` tells whether something had to be installed so that the manager could be asked."""

    def __init__(self, run: Run, clock: Clock, options: Options) -> None:
        self._run = run
        self._clock = clock
        self._options = options
        self.changed = False

    @abc.abstractmethod
    def inventory(self, node: Document) -> Document:
        """What is installed on `node` and what could be, whatever any baseline says (schemas.INVENTORY)."""


def probe_source(probe: types.ModuleType) -> str:
    """The text of a probe's file, wherever its loader keeps it: a folder, or the archive a module arrives in."""
    spec = probe.__spec__
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    source = get_source(probe.__name__) if get_source is not None else None
    return source if source is not None else inspect.getsource(probe)


def ask_probe(
    run: Run,
    probe: types.ModuleType,
    interpreters: t.Sequence[str],
    options: Document,
    libraries: t.Sequence[types.ModuleType] = (),
) -> Document:
    """The document of `probe` from the first of `interpreters` that has its bindings: one process, unless some lack it.

    `libraries` are other probes that this one imports functions from, in the order they need each other.
    Raises BindingsMissing when none has them, CacheUnusable with the package manager's words when it cannot start.
    """
    source = _bundle(probe, libraries) if libraries else probe_source(probe)
    lacking = []
    for interpreter in interpreters:
        if not os.path.exists(interpreter):
            lacking.append("%s does not exist" % interpreter)
            continue
        document = _answer(interpreter, *run([interpreter, "-I", "-", json.dumps(options)], source))
        error = document.get("error")
        if error is None:
            return document
        if error["kind"] != "bindings":
            raise CacheUnusable(error["text"])
        lacking.append("%s: %s" % (interpreter, error["text"]))
    raise BindingsMissing("; ".join(lacking))


def _bundle(probe: types.ModuleType, libraries: t.Sequence[types.ModuleType]) -> str:
    """One text that lets `probe` import from its neighbours, by relative imports, where there are no files."""
    texts = [(library.__name__.rpartition(".")[2], probe_source(library)) for library in libraries]
    return BUNDLE % (texts, probe_source(probe))


def _answer(interpreter: str, code: int, output: str, errors: str) -> Document:
    try:
        document = json.loads(output)
    except ValueError:
        document = None
    if code != 0 or not isinstance(document, dict):
        raise BackendError(
            "the probe under %s ended with exit code %d and no usable answer; standard error: %s;"
            " standard output began: %.200s" % (interpreter, code, errors.strip() or "empty", output.strip() or "empty")
        )
    return document
