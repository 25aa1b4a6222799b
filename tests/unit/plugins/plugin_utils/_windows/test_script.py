# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of every script: nothing here can run it. It parses, and tells what the schema of its answer says."""

from __future__ import annotations

import pathlib

import pytest
import tree_sitter
import tree_sitter_pwsh
import yaml

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import answer, fitness, journal, removal
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.script import SEARCH

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))


def parsed(text):
    return PARSER.parse(text.encode()).root_node


def nodes(node, kind):
    found = [node] if node.type == kind else []
    return found + [one for child in node.children for one in nodes(child, kind)]


def text_of(node):
    return node.text.decode()


def members(hash_literal):
    """The names of one hash literal, without those of the literals in it."""
    named = {text_of(key) for key in nodes(hash_literal, "key_expression")}
    inner = [one for child in hash_literal.children for one in nodes(child, "hash_literal_expression")]
    return named - {text_of(key) for one in inner for key in nodes(one, "key_expression")}


ROLES = pathlib.Path(__file__).resolve().parents[5] / "roles"
MODULE = "ansible.windows.win_powershell"


def scripts_of_roles():
    """By role, file and task; what a user's variable holds is not ours to check."""
    for path in sorted(ROLES.glob("*/tasks/*.yml")):
        for task in yaml.safe_load(path.read_text(encoding="utf-8")):
            script = (task.get(MODULE) or {}).get("script", "{{")
            if not script.startswith("{{"):
                yield pytest.param(script, id=f"{path.relative_to(ROLES)}: {task['name']}")


def test_there_are_scripts_in_roles():
    assert len(list(scripts_of_roles())) > 3


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(SEARCH, id="search"),
        pytest.param(journal.STORE, id="store"),
        pytest.param(removal.REMOVE, id="remove"),
        pytest.param(fitness.PREFLIGHT, id="preflight"),
        *scripts_of_roles(),
    ],
)
def test_it_is_powershell(script):
    assert not parsed(script).has_error


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        pytest.param("catch {", "catch", id="a brace"),
        pytest.param("[bool]$update.IsInstalled", "[bool$update.IsInstalled", id="a bracket"),
        pytest.param("if ($total -gt 0) {", "if $total -gt 0 {", id="parentheses"),
        pytest.param("'s'", "'s", id="a quote"),
    ],
)
def test_the_gate_sees_what_is_missing(whole, part):
    assert whole in SEARCH
    assert parsed(SEARCH.replace(whole, part, 1)).has_error


@pytest.mark.parametrize(
    ("script", "schema"),
    [
        pytest.param(SEARCH, answer.ANSWER, id="answer"),
        pytest.param(SEARCH, answer.UPDATE, id="update"),
        pytest.param(SEARCH, answer.CATEGORY, id="category"),
        pytest.param(SEARCH, answer.ATTEMPT, id="attempt"),
        pytest.param(SEARCH, answer.FAILURE, id="failure"),
        pytest.param(SEARCH, answer.ANSWER["properties"]["reboot_pending"], id="pending reboot"),
        pytest.param(removal.REMOVE, removal.REMOVALS, id="removals"),
        pytest.param(removal.REMOVE, removal.REMOVAL, id="removal"),
        pytest.param(removal.REMOVE, answer.FAILURE, id="failure of a removal"),
        pytest.param(fitness.PREFLIGHT, fitness.FITNESS, id="preflight"),
    ],
)
def test_it_writes_the_members_of(script, schema):
    literals = [members(one) for one in nodes(parsed(script), "hash_literal_expression")]
    assert set(schema["properties"]) in literals


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("[CmdletBinding(SupportsShouldProcess)]", id="else check mode would not run it"),
        pytest.param("$searcher.IncludePotentiallySupersededUpdates = $true", id="else older updates are not told"),
        pytest.param("$searcher.Search(", id="the one search that a network logon may do"),
        pytest.param("GetBaseException()", id="else the HRESULT is PowerShell's own"),
        pytest.param("ToString('s')", id="dates without a conversion to local time"),
        pytest.param("$Ansible.Changed = $false", id="nothing is changed"),
    ],
)
def test_what_it_has_to_say(words):
    assert words in SEARCH


@pytest.mark.parametrize("script", [SEARCH, fitness.PREFLIGHT], ids=["search", "preflight"])
@pytest.mark.parametrize(
    "word", ["BeginSearch", "Download", "CreateUpdateInstaller", "AcceptEula", "Set-Item", "Remove-", "WriteAllText"]
)
def test_it_changes_nothing(script, word):
    assert word.lower() not in script.lower()


def test_a_wsus_server_may_want_tls_1_2():
    steps = ("if ([int]$protocols -ne 0)", "-bor [System.Net.SecurityProtocolType]::Tls12", "WebRequest]::Create(")
    places = [fitness.PREFLIGHT.index(step) for step in steps]
    assert places == sorted(places)


def test_a_removal_has_to_be_asked_for():
    assert "[bool]$Remove = $false" in removal.REMOVE
    before, _guard, after = removal.REMOVE.partition("if ($Remove) {")
    assert "Remove-WindowsPackage" not in before
    assert "Remove-WindowsPackage -Online -PackageName $package.PackageName -NoRestart" in after


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("-notin 'Foundation', 'LanguagePack', 'LocalPack', 'OnDemandPack'", id="what is no update"),
        pytest.param("($Names.Count -eq 0 -or $_.PackageName -in $Names)", id="what was not found before"),
    ],
)
def test_a_removal_does_not_read(words):
    assert words in removal.REMOVE.partition("$packages = ")[0]


def test_a_package_that_cannot_be_read_is_known_by_its_name():
    read = removal.REMOVE.partition("$packages = ")[2].partition("$answers = ")[0]
    assert "catch {\n            $listed\n" in read


def test_runs_are_never_gone_between_two_writings():
    """`$null` would be an empty path to Replace."""
    assert "Move-Item" not in journal.STORE
    assert "[System.IO.File]::Replace($written, $target, [NullString]::Value)" in journal.STORE
    assert journal.STORE.index("::Delete($written)") < journal.STORE.index("::WriteAllText($written, $Text)")


def test_runs_are_kept_where_only_administrators_write():
    assert "O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" in journal.STORE
    assert "O:BAG:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)" in journal.STORE
    steps = ("Assert-Own $folder", "Set-Acl -LiteralPath $folder", "Assert-Own $target", "WriteAllText",
             "Set-Acl -LiteralPath $target")  # fmt: skip
    places = [journal.STORE.index(step) for step in steps]
    assert places == sorted(places)
    assert all(owner in journal.STORE for owner in journal.TRUSTED)
