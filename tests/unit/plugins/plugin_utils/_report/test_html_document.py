# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as text: whole without scripts, and nothing in it runs but its own script. tests/browser opens it."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import html_document, loading

HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("</script><img src=x onerror=alert(1)>", id="end of script"),
    pytest.param("\"><svg/onload=alert(1)>'", id="end of attribute"),
    pytest.param("{{ 7 * 7 }}{% raw %}", id="template"),
    pytest.param("<!--", id="comment"),
    pytest.param("]]>&lt;b&gt;", id="entities"),
]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.scripts, self.styles, self.text = [], [], [], [], []
        self.inside = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        {"script": self.scripts, "style": self.styles}.get(self.inside, self.text).append(data)


def spoiled(assembled, record, patch, hostile):
    made = record(
        f"web {hostile}",
        patches=[patch(hostile, name=hostile, kb_id=hostile, reason=hostile, cve_ids=[hostile], advisories=[hostile])],
        baseline={"name": hostile, "why": hostile},
        warnings=[hostile],
        problems=[{"what": hostile, "why": hostile}],
        activity=[hostile],
    )
    made["node"].update(patch_group=hostile, platform={"name": hostile, "ip_address": hostile})
    return assembled(
        made,
        hosts={f"host {hostile}": hostile},
        unreadable=[loading.Unreadable(hostile, hostile)],
        warnings=[hostile],
        title=hostile,
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_adds_no_element_and_is_shown_as_it_is(assembled, record, patch, hostile):
    page = Page(html_document.rendered(spoiled(assembled, record, patch, hostile)))
    harmless = Page(html_document.rendered(spoiled(assembled, record, patch, "harmless")))
    assert page.tags == harmless.tags
    assert [name for name, _value in page.attributes] == [name for name, _value in harmless.attributes]
    assert f"web {hostile}" in page.text
    data = json.loads(page.scripts[0])
    assert hostile in data["texts"]


def test_text_that_acts_is_shown_as_its_escape(assembled, record, patch):
    text = html_document.rendered(spoiled(assembled, record, patch, "a\u202eb\x1b[0m\ud800"))
    assert not [char for char in text if char in "\u202e\x1b\ud800"]
    assert "web a\\u202eb\\x1b[0m\\ud800" in Page(text).text


def test_the_policy_names_exactly_the_style_and_the_script(sample_fleet):
    page = Page(html_document.rendered(sample_fleet))
    (policy,) = [value for _name, value in page.attributes if value and value.startswith("default-src")]

    def hashed(text):
        return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert policy == (
        f"default-src 'none'; style-src '{hashed(page.styles[0])}'; script-src '{hashed(page.scripts[1])}';"
        " base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_fetched_and_no_attribute_runs(sample_fleet):
    page = Page(html_document.rendered(sample_fleet))
    assert {"link", "img", "iframe", "object", "embed", "base", "audio", "video"}.isdisjoint(page.tags)
    assert not [name for name, _value in page.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert {value for name, value in page.attributes if name == "href"} == {"#nodes"}


def test_the_table_of_nodes_needs_no_script(sample_fleet):
    text = " ".join(Page(html_document.rendered(sample_fleet)).text)
    for node in sample_fleet.nodes:
        assert node.name in text
        assert node.baseline_why in text


def test_unreadable_records_are_listed_with_the_reason(sample_fleet):
    text = " ".join(Page(html_document.rendered(sample_fleet)).text)
    for one in sample_fleet.unreadable:
        assert one.path in text
        assert one.reason in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(
            {"complete": False, "problems": [{"what": "apt", "why": "no root"}, {"what": "x", "why": "y"}]},
            ["1 incomplete node", "apt: no root, and 1 more"],
            id="incomplete",
        ),
        pytest.param(
            {"complete": False},
            ["1 incomplete node", "its record does not say what could not be read"],
            id="incomplete without a word",
        ),
        pytest.param(
            {"refreshed_at": "2026-05-21T05:40:00Z"},
            ["1 node with old package lists", "fetched 184 days before the scan"],
            id="old package lists",
        ),
    ],
)
def test_what_makes_a_node_doubtful_is_in_the_card(assembled, record, changes, told):
    text = "".join(Page(html_document.rendered(assembled(record(**changes)))).text)
    _before, card = text.split("What this report does not know")
    for words in told:
        assert words in card


def test_a_sound_fleet_has_no_such_card(assembled, record):
    assert "What this report does not know" not in html_document.rendered(assembled(record()))


def test_a_reason_is_given_once(assembled, record):
    why = "no baseline fits"
    page = Page(
        html_document.rendered(
            assembled(record(status="UNKNOWN", status_reason=why, baseline={"name": None, "why": why}))
        )
    )
    assert "".join(page.text).count(why) == 1
    assert page.scripts[0].count(why) == 1


def test_equal_patches_are_stored_once(assembled, record, patch):
    records = [record(f"web-{index}", patches=[patch(), patch("curl")]) for index in range(100)]
    data = json.loads(Page(html_document.rendered(assembled(*records))).scripts[0])
    assert len(data["patches"]) == 2
    assert [node["patches"] for node in data["nodes"]] == [[0, 1]] * 100


def test_the_time_of_the_report_is_found_once(assembled, record):
    hostile = '<time id="generated" datetime="x">x</time>'
    text = html_document.rendered(assembled(record(hostile), title=hostile)).encode()
    assert html_document.MADE_AT.findall(text) == [
        b'<time id="generated" datetime="2026-11-21T06:00:00Z">2026-11-21 06:00 UTC</time>'
    ]


def test_embedded_json_reads_back():
    document = {"</script>": ["<!--", "&amp;", "\u2028", "\ud800", None, 1]}
    text = html_document.embedded(document)
    assert not {"<", ">", "&"} & set(text)
    assert text.isascii()
    assert json.loads(text) == document


def test_an_empty_fleet_is_a_page(assembled):
    assert "No compliance record was found." in Page(html_document.rendered(assembled())).text
