# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which updates a run is to install: manifest, override list, includes, excludes, and what the node hides."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import RunError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.selection import Limits
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.selection import check_limits, select


def update(number, state, **members):
    """An update of the inventory, and its patch of the record."""
    document = {"id": f"u{number}", "kb": f"KB{number}", "kbs": [f"KB{number}"], "title": f"Update {number}",
                "installed": state == "INSTALLED", **members}  # fmt: skip
    return document, {"state": state, "reason": "because"}


FLEET = [
    update(1, "MISSING"),
    update(2, "MISSING", held="it is hidden in Windows Update"),
    update(3, "INSTALLED"),
    update(4, None, bulletin="MS25-001"),
    update(5, "FAILED", title="Office"),
    update(6, "NOT_APPLICABLE"),
]


def selected(limits):
    updates, patches = zip(*FLEET, strict=True)
    chosen = select({"updates": list(updates)}, patches, limits)
    kept = [target.id for target in chosen.targets]
    return kept, {target.kb_id: why for target, why in chosen.skipped.items()}, chosen.warnings


HELD = {"KB2": "held on the node: it is hidden in Windows Update"}


@pytest.mark.parametrize(
    ("limits", "kept", "skipped", "warnings"),
    [
        pytest.param(Limits(), ["u1", "u5"], HELD, (), id="all that is approved and missing"),
        pytest.param(Limits(include=["kb1"]), ["u1"], {"KB2": "include does not name it",
                                                       "KB5": "include does not name it"}, (), id="include"),
        pytest.param(Limits(include=["office*"]), ["u5"], {"KB1": "include does not name it",
                                                           "KB2": "include does not name it"}, (), id="by title"),
        pytest.param(Limits(include=["KB9"]), [], dict.fromkeys(("KB1", "KB2", "KB5"), "include does not name it"),
                     ("include: nothing that is approved and missing fits 'KB9'",), id="include of nothing"),
        pytest.param(Limits(exclude=["KB5"]), ["u1"], {**HELD, "KB5": "excluded from this run by 'KB5'"}, (),
                     id="exclude"),
        pytest.param(Limits(manifest=[{"name": "KB1", "arch": None, "version": None, "kb_id": "KB1"},
                                      {"name": "kb3"}, {"name": "KB4"}, {"name": "KB9"}]), ["u1"],
                     {"KB2": "the manifest does not name it", "KB5": "the manifest does not name it",
                      "KB3": "it is installed already", "KB4": "it is not due: because",
                      "KB9": "Windows Update has no such update for this node"}, (), id="manifest"),
        pytest.param(Limits(override_list=[{"id": "kb6"}, {"id": "MS25-001"}, {"id": "KB3"},
                                           {"id": "KB1", "title": "x*"}]), ["u4", "u6"], {},
                     ("install_override_list[2]: no update on offer fits id 'KB3'",
                      "install_override_list[3]: no update on offer fits id 'KB1' and title 'x*'"), id="override list"),
    ],
)  # fmt: skip
def test_selection(limits, kept, skipped, warnings):
    assert selected(limits) == (kept, skipped, warnings)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        pytest.param(Limits(manifest=[], override_list=[]), "give one of them", id="both"),
        pytest.param(Limits(manifest=[{"name": ""}]), r"manifest\[0\].kb_id", id="an entry without a name"),
    ],
)
def test_what_makes_no_sense(limits, words):
    with pytest.raises(RunError, match=words):
        check_limits(limits)
