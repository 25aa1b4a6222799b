# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test window_open and the filter next_windows in real plays, as users write them."""

from __future__ import annotations

import json
import pathlib

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PLUGINS = {"test": "window_open", "filter": "next_windows"}

WINDOWS = """
    maintenance_windows:
      - {name: production-sunday, schedule: cron(0 2 ? * SUN *), schedule_timezone: America/New_York, duration: 4,
         cutoff: 1, start_date: 2026-01-01T00:00:00-05:00, patch_groups: [Production-Linux], task: {operation: Install}}
      - {name: staging, schedule: cron(0 22 ? * THU#3 *), schedule_timezone: Europe/Berlin, duration: 2, cutoff: 0}
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
%s
    same_windows: "{{ maintenance_windows }}"
  tasks:
    - ansible.builtin.copy:
        content: "{{ (%s) | to_json }}"
        dest: answer.json
        mode: "0600"
"""

pytestmark = pytest.mark.needs("tzdata")


@pytest.fixture
def answer(ansible, tmp_path):
    """What an expression comes to in a play that has the windows."""

    def run(expression):
        (tmp_path / "play.yml").write_text(PLAY % (WINDOWS.strip("\n"), expression))
        played = ansible("ansible-playbook", "play.yml")
        assert played.returncode == 0, played.stdout
        return json.loads((tmp_path / "answer.json").read_text())

    return run


def test_window_open(answer):
    moments = {
        "2026-11-22T06:59:59Z": [False, False],
        "2026-11-22T02:00:00-05:00": [True, True],
        "2026-11-22T09:59:59Z": [True, True],
        "2026-11-22T10:00:00Z": [True, False],
        "2026-11-22T11:00:00Z": [False, False],
        "2026-12-17T21:30:00Z": [True, True],
    }
    asked = ", ".join(
        "'%s': [%s]"
        % (
            moment,
            "maintenance_windows is patchops.fleet.window_open(now='%s'), "
            "same_windows is patchops.fleet.window_open('%s', before_cutoff=true)" % (moment, moment),
        )
        for moment in moments
    )
    assert answer("{%s}" % asked) == moments


def test_next_windows(answer):
    found = answer("same_windows | patchops.fleet.next_windows(count=3, now='2026-12-14T00:00:00Z')")
    assert [(opening["name"], opening["opens_at"]) for opening in found] == [
        ("staging", "2026-12-17T21:00:00Z"),
        ("production-sunday", "2026-12-20T07:00:00Z"),
        ("production-sunday", "2026-12-27T07:00:00Z"),
    ]
    assert found[1] == {
        "name": "production-sunday",
        "opens_at": "2026-12-20T07:00:00Z",
        "cutoff_at": "2026-12-20T10:00:00Z",
        "closes_at": "2026-12-20T11:00:00Z",
        "timezone": "America/New_York",
        "opens_at_local": "2026-12-20T02:00:00-05:00",
        "cutoff_at_local": "2026-12-20T05:00:00-05:00",
        "closes_at_local": "2026-12-20T06:00:00-05:00",
        "note": None,
    }


def test_the_present_is_the_default(answer):
    asked = "[maintenance_windows is patchops.fleet.window_open, maintenance_windows | patchops.fleet.next_windows]"
    is_open, found = answer(asked)
    assert isinstance(is_open, bool)
    assert len(found) == 5
    assert found == sorted(found, key=lambda opening: opening["opens_at"])


def test_arguments_that_a_template_made_text(answer):
    asked = (
        "[same_windows is patchops.fleet.window_open('2026-11-22T10:00:00Z', before_cutoff='False'), "
        "same_windows | patchops.fleet.next_windows(count='2', include_open='False') | length]"
    )
    assert answer(asked) == [True, 2]


def test_the_opening_that_holds_comes_first_if_asked_for(answer):
    asked = "maintenance_windows.0 | patchops.fleet.next_windows(%d, now='2026-03-08T08:00:00Z', include_open=true)"
    first, second = answer(asked % 2)
    assert (first["opens_at"], second["opens_at"]) == ("2026-03-08T07:00:00Z", "2026-03-15T06:00:00Z")
    assert first["note"].startswith("2026-03-08 02:00:00 does not exist in America/New_York: opens at ")
    assert answer(asked % 1) == [first]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        pytest.param("[maintenance_windows.0 | combine({'schedule': 'cron(60 2 ? * SUN *)'})] "
                     "is patchops.fleet.window_open",
                     "maintenance_windows[0].schedule: minutes: 60 is out of range; allowed: 0-59 with , - * /",
                     id="schedule"),
        pytest.param("maintenance_windows is patchops.fleet.window_open('2026-11-22 02:00')",
                     "now: '2026-11-22 02:00' is no instant; allowed: YYYY-MM-DDTHH:MM:SS with Z or an offset",
                     id="now"),
        pytest.param("'sunday' | patchops.fleet.next_windows",
                     "maintenance_windows: must be a maintenance window or a list of them, not 'sunday'", id="value"),
        pytest.param("maintenance_windows is patchops.fleet.window_open(before_cutoff='perhaps')",
                     "patchops.fleet.window_open: The value 'perhaps' is not a valid boolean", id="before_cutoff"),
        pytest.param("maintenance_windows | patchops.fleet.next_windows(count='x')",
                     "count: 'x' is no whole number from 0 on", id="count"),
    ],
)  # fmt: skip
def test_errors_are_told_in_the_play(ansible, tmp_path, expression, message):
    (tmp_path / "play.yml").write_text(PLAY % (WINDOWS.strip("\n"), expression))
    played = ansible("ansible-playbook", "play.yml", COLUMNS="1000")
    assert played.returncode != 0
    assert message in " ".join(played.stdout.split())


@pytest.mark.parametrize("kind", PLUGINS)
def test_it_is_documented(ansible, kind):
    name = f"patchops.fleet.{PLUGINS[kind]}"
    answer = ansible("ansible-doc", "--json", "--type", kind, name)
    assert answer.returncode == 0, answer.stdout
    document = json.loads(answer.stdout)[name]
    assert document["doc"]["version_added"]
    assert document["return"]


@pytest.mark.parametrize("kind", PLUGINS)
def test_its_examples_run(ansible, tmp_path, kind):
    documentation = yaml.safe_load((CHECKOUT / "plugins" / kind / f"{PLUGINS[kind]}.yml").read_text(encoding="utf-8"))
    (tmp_path / "play.yml").write_text(documentation["EXAMPLES"])
    played = ansible("ansible-playbook", "play.yml")
    assert played.returncode == 0, played.stdout
    assert "failed=0" in played.stdout
