# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real, headless Chromium."""

from __future__ import annotations

import copy
import datetime
import json
import pathlib

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import fleet as fleets
from ansible_collections.patchops.fleet.plugins.plugin_utils._report import html_document, loading

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "records"
NOW = datetime.datetime(2026, 11, 21, 6, 0, tzinfo=datetime.timezone.utc)
SILENT = {"build-1.example.com": "unreachable or failed in this play"}
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
# The last four: without them Chromium itself asks the network for this and that.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


def fleet_of(records, hosts, title):
    found = [loading.Found(record, "made for this test") for record in records]
    run = fleets.Run(id=records[0]["capture"]["run_id"], hosts=hosts, answered=())
    loaded = loading.Loaded(loading.newest_per_node(found), [loading.Unreadable(f"/records/{title}", title)], [title])
    return fleets.assembled(loaded, NOW, datetime.timedelta(hours=48), run, title)


def sample_records():
    return [one.record for one in loading.from_folder(SAMPLES).found]


def hostile_record(template):
    """Every text of it is markup that would run."""

    def spoiled(value):
        if isinstance(value, str):
            return HOSTILE
        if isinstance(value, list):
            return [spoiled(inner) for inner in value]
        return value

    record = copy.deepcopy(template)
    record["node"].update(
        id=HOSTILE, name=HOSTILE, patch_group=HOSTILE, platform={"name": HOSTILE, "ip_address": HOSTILE}
    )
    record["baseline"].update(name=HOSTILE, why=HOSTILE)
    record["warnings"], record["activity"] = [HOSTILE], [HOSTILE]
    record["problems"] = [{"what": HOSTILE, "why": HOSTILE}]
    free = (
        "title",
        "kb_id",
        "name",
        "reason",
        "classification",
        "severity",
        "advisories",
        "cve_ids",
        "held",
        "version",
    )
    for patch in record["patches"]:
        patch.update(
            {name: spoiled(patch.get(name) or HOSTILE) for name in free if name not in ("advisories", "cve_ids")}
        )
        patch["advisories"] = patch["cve_ids"] = [HOSTILE] * 9
    return record


def aws_record(template):
    """As Systems Manager tells of a node: without decisions, and without all that only hosts count."""
    record = copy.deepcopy(template)
    record["node"].update(id="i-0123456789abcdef0", name="aws-1.example.com")
    record["ssm"] = {"reach": "Online"}
    for name in ("waiting_count", "held_count", "rejected_count", "considered_count"):
        del record["summary"][name]
    untold = {"decision": None, "reason_code": None, "reason": "", "compliance_level": None, "approved_on": None}
    record["patches"] = [{**template["patches"][0], **untold, "title": "", "kb_id": "KB4481031"}]
    return record


def many_records(template, nodes, patches):
    records = []
    for number in range(nodes):
        record = copy.deepcopy(template)
        record["node"].update(id=f"id-{number}", name=f"node-{number:04}.example.com")
        record["patches"] = [
            {
                **template["patches"][0],
                "title": f"package-{index}.amd64:1.{(number + index) % 7}",
                "reason": f"rule {index}",
            }
            for index in range(patches)
        ]
        record["summary"]["missing_count"] = number
        records.append(record)
    return records


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """The pages that the tests open, by name."""
    folder = tmp_path_factory.mktemp("reports")
    samples = sample_records()
    web_1 = next(record for record in samples if record["node"]["name"].startswith("web-1."))
    fleets_by_name = {
        "sample": fleet_of(samples, SILENT, "Patch compliance"),
        "hostile": fleet_of([hostile_record(web_1)], {f"silent {HOSTILE}": HOSTILE}, HOSTILE),
        "aws": fleet_of([web_1, aws_record(web_1)], {}, "Hosts and AWS"),
        "large": fleet_of(many_records(web_1, nodes=1000, patches=250), {}, "A large fleet"),
        "empty": fleets.assembled(loading.Loaded([], [], []), NOW, datetime.timedelta(hours=48)),
    }
    for name, fleet in fleets_by_name.items():
        (folder / f"{name}.html").write_text(html_document.rendered(fleet), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in fleets_by_name}


class Page:
    """One opened report."""

    def __init__(self, browser, path):
        self.browser, self.path = browser, path
        browser.get_log("performance"), browser.get_log("browser")
        browser.get(path.as_uri())

    def run(self, script, *arguments):
        return self.browser.execute_script(f"return {script}", *arguments)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return self.run("[...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)

    def names(self):
        return self.texts("#node-table tbody .name")

    def keys(self, *keys):
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def focus(self, selector):
        self.run("document.querySelector(arguments[0]).focus()", selector)

    def until(self, holds):
        WebDriverWait(self.browser, 10, poll_frequency=0.02).until(lambda _browser: holds())

    def errors(self):
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self):
        """Addresses that the page asked for, itself included."""
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]


@pytest.fixture
def opened(browser, reports):
    """Open the report of that name in a window of that width and colour scheme."""

    def open_page(name="sample", wide=1600, scheme="light", media="screen"):
        metrics = {"width": wide, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        return Page(browser, reports[name])

    yield open_page
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
