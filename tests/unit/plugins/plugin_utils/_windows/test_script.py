# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search script's text: nothing here can run it. It parses, and tells what the answer's schema says."""

from __future__ import annotations

import pytest
import tree_sitter
import tree_sitter_pwsh

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import answer
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


def test_it_is_powershell():
    assert not parsed(SEARCH).has_error


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
    "schema",
    [
        pytest.param(answer.ANSWER, id="answer"),
        pytest.param(answer.UPDATE, id="update"),
        pytest.param(answer.CATEGORY, id="category"),
        pytest.param(answer.ATTEMPT, id="attempt"),
        pytest.param(answer.FAILURE, id="failure"),
        pytest.param(answer.ANSWER["properties"]["reboot_pending"], id="pending reboot"),
    ],
)
def test_it_writes_the_members_of(schema):
    literals = [members(one) for one in nodes(parsed(SEARCH), "hash_literal_expression")]
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


@pytest.mark.parametrize(
    "word", ["BeginSearch", "Download", "CreateUpdateInstaller", "AcceptEula", "Set-Item", "Remove-"]
)
def test_it_changes_nothing(word):
    assert word.lower() not in SEARCH.lower()
