# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_report
short_description: Report the patch compliance of a fleet
version_added: 1.0.0
description:
  - Makes one report of many compliance records, as a table on the terminal and, if asked, as HTML, CSV and JSON
    files.
  - Records come from the facts that M(patchops.fleet.patch_scan) and other modules of this collection leave on
    the hosts of this run, from a folder of record files, or from both. Of several records of one node, told by
    its node id, the newest is taken.
  - Records of one node id from one run under different inventory names are those of clones that share a machine
    id. Each is a node of its own, and the report says so. From different runs, the newer name is the node's.
  - Runs on the controller and connects to no host. It runs once for the whole play.
  - The report computes no state of its own. It counts what the records say.
  - The fleet is C(NON_COMPLIANT) if any node is, and C(COMPLIANT) only if every node is known to be and every
    record is complete. Else it is C(UNKNOWN).
  - A host of the play that left no record in this run, and one whose record is from another run, is C(UNKNOWN),
    which is neither compliant nor not.
  - A record file that cannot be read, that is no compliance record, or whose schema is newer than this collection
    knows, is named in the report with the reason. The others are still reported.
options:
  facts:
    description:
      - Take the records that the hosts of this run have in their facts, C(ansible_facts.patch_compliance).
      - Set it to V(false) to report on a folder of records alone.
    type: bool
    default: true
  hosts:
    description:
      - Inventory hosts the report has to account for, as patterns like those of a play, C(all), C(web*:!web2) or a
        group. C(--limit) narrows them. Those without a record in this run are listed as C(UNKNOWN).
      - If not given, all hosts of the play, those that failed or could not be reached included, and all other
        hosts of the inventory that left a record in this run. A play on C(localhost) after the play with the scan
        so reports on the scan, and C(localhost) itself is no node then unless it left a record as well.
      - What failed in an earlier play leaves no record, and is accounted for only if named here. A remark says how
        many hosts stay out.
    type: list
    elements: str
  records_dir:
    description:
      - Folder with compliance records, one per file, C(<node id>/<capture time>.json), or
        C(<node id>/<capture time>.<name>.json) where clones were scanned in the same second. Other names and
        nesting do as well.
      - Files whose name does not end in C(.json) are ignored.
      - An empty folder gives an empty report with a remark. A folder that does not exist is an error.
    type: path
  html:
    description:
      - File to write the report to as one self-contained page with charts, a table of nodes to sort and filter,
        and the patches of each node with the reason for each.
      - The page fetches nothing and forbids the browser to.
    type: path
  csv:
    description:
      - File to write one line per node to, with the columns of Patch Manager's own export.
      - A text that a spreadsheet would take for a formula, and one that begins with an apostrophe, is written
        with an apostrophe before it. Programs that read the file drop the first apostrophe of a cell that begins
        with one.
      - Characters that act instead of showing, such as ESC, line ends and U+202E, are written as their escapes
        (C(\x1b), C(\u202e)), as on the terminal and in the page. The JSON file keeps them.
    type: path
  csv_detail:
    description:
      - File to write one line per patch of each node to, with the columns of Patch Manager's own export of a
        single node.
      - C(Logs URL) stays empty. Cells are guarded as those of O(csv) are.
    type: path
  json:
    description:
      - File to write the summary and all records to, as one document for other programs.
    type: path
  title:
    description:
      - Heading of the report.
    type: str
    default: Patch compliance
  stale_after:
    description:
      - Age in hours from which a record is marked as stale. It keeps its status.
    type: float
    default: 48
  run_id:
    description:
      - Name of the present run. Facts that carry another one are not of this run.
      - The number of the job in AWX, else a name for this run of C(ansible-playbook), if not given. It is needed
        only if O(run_id) of the scan was given.
    type: str
  mode:
    description:
      - Permissions of the files as an octal number in quotes. Symbolic modes such as C(u=rw,g=r) are not taken.
      - A report tells where a fleet is vulnerable.
    type: raw
    default: '0640'
  table:
    description:
      - Show the table on the terminal. Set it to V(false) where other programs read what C(ansible-playbook) prints.
    type: bool
    default: true
notes:
  - Relative paths start from the folder in which C(ansible-playbook) was started.
  - Files are replaced as a whole. A file that would differ only in the time of the report is left as it is.
  - As it runs once for the play, it cannot be used with the C(free) strategy.
extends_documentation_fragment:
  - action_common_attributes
  - action_common_attributes.conn
  - action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: none
  bypass_host_loop:
    support: full
  check_mode:
    support: full
  connection:
    support: none
  delegation:
    support: none
    details: It runs on the controller and connects to no host.
  diff_mode:
    support: full
    details: Shows the lines of CSV files, and that HTML and JSON files change.
  platform:
    support: full
    platforms: all
seealso:
  - module: patchops.fleet.patch_scan
author:
  - patchops.fleet contributors (@patchops)
"""

EXAMPLES = r"""
- name: Scan, then report
  hosts: all
  tasks:
    - name: Scan
      patchops.fleet.patch_scan:

- name: Report, hosts that failed included
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Report on this run
      patchops.fleet.patch_report:
        hosts: all
        html: reports/patch-compliance.html
        csv: reports/patch-compliance.csv
        json: reports/patch-compliance.json

- name: Report on the newest record of each node in a folder
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Report
      patchops.fleet.patch_report:
        facts: false
        records_dir: /var/lib/patch-records
        html: /srv/www/patch-compliance.html
        mode: '0644'
        stale_after: 24
      register: report

    - name: Stop when the fleet is not compliant
      ansible.builtin.assert:
        that: report.summary.status == "COMPLIANT"
        fail_msg: "{{ report.summary.non_compliant }} of {{ report.summary.nodes }} nodes are not compliant"
"""

RETURN = r"""
summary:
  description: The fleet in numbers. Patches of nodes with status C(UNKNOWN) are not counted.
  returned: success
  type: dict
  contains:
    status:
      description: C(COMPLIANT), C(NON_COMPLIANT) or C(UNKNOWN).
      type: str
      returned: success
    compliance_level:
      description: Highest compliance level of the non-compliant nodes, null if there is none.
      type: str
      returned: success
    nodes:
      description: Number of nodes, those without a record included.
      type: int
      returned: success
    compliant:
      description: Number of nodes with status C(COMPLIANT).
      type: int
      returned: success
    non_compliant:
      description: Number of nodes with status C(NON_COMPLIANT).
      type: int
      returned: success
    unknown:
      description: Number of nodes with status C(UNKNOWN).
      type: int
      returned: success
    stale:
      description: Number of nodes whose record is older than O(stale_after) or of another run.
      type: int
      returned: success
    incomplete:
      description: Number of nodes of which something could not be read. With any, the fleet is not C(COMPLIANT).
      type: int
      returned: success
    old_package_lists:
      description: Number of nodes whose package lists were fetched more than 24 hours before the scan.
      type: int
      returned: success
    reboot_required:
      description: Number of nodes whose operating system asks for a reboot.
      type: int
      returned: success
    unreadable:
      description: Number of records that could not be read.
      type: int
      returned: success
    oldest_capture:
      description: Time of the oldest record in the report.
      type: str
      returned: success
    newest_capture:
      description: Time of the newest record in the report.
      type: str
      returned: success
    patches:
      description: Sums of the counts in the summaries of the records, such as C(missing_count) and C(waiting_count).
      type: dict
      returned: success
    non_compliant_by_level:
      description: Number of non-compliant patches by compliance level.
      type: dict
      returned: success
    patch_groups:
      description: Name, status and numbers of nodes of each patch group. The name is empty for nodes without one.
      type: list
      elements: dict
      returned: success
  sample:
    status: NON_COMPLIANT
    compliance_level: CRITICAL
    nodes: 12
    compliant: 9
    non_compliant: 2
    unknown: 1
    stale: 0
    incomplete: 0
    old_package_lists: 0
    reboot_required: 1
    unreadable: 0
table:
  description: The table as it is shown on the terminal, line by line.
  returned: success
  type: list
  elements: str
unreadable:
  description: Records that could not be read.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file, or C(facts of) and the inventory host.
      type: str
      returned: success
    reason:
      description: Why it could not be read.
      type: str
      returned: success
remarks:
  description: What else a reader of the report should know, such as two hosts with one node id.
  returned: success
  type: list
  elements: str
files:
  description: Files that the report was written to, or would be in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(html), V(csv), V(csv_detail) or V(json).
      type: str
      returned: success
    path:
      description: Absolute path.
      type: str
      returned: success
    status:
      description: C(created), C(changed), C(mode changed) or C(unchanged).
      type: str
      returned: success
"""
