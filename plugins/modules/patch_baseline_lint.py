# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_baseline_lint
short_description: Find what is wrong or pointless in patch baselines, before they are used
version_added: 1.0.0
description:
  - Looks at patch baselines alone, without any node and without AWS, and says of each place what would be refused, what
    is legal but probably not meant, and what has no effect.
  - A rule of which it says that it never approves anything, or that others leave it nothing to add, can be removed
    without any decision or compliance level becoming another.
  - Where it says that a value matches nothing, it goes by the values that AWS documents for the operating system.
  - Changes nothing.
author:
  - patchops.fleet contributors (@patchops)
attributes:
  check_mode:
    description: Can run in check mode, and does the same then.
    support: full
  diff_mode:
    description: Shows what changes. This module changes nothing.
    support: none
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
options:
  baselines:
    description:
      - The patch baselines, in any form that O(patchops.fleet.patch_scan#module:baselines) takes. Mappings, answers of
        the API's C(GetPatchBaseline), and names of baselines that ship with this collection or that AWS predefines.
      - V(predefined) stands for all baselines that AWS predefines.
    type: raw
    required: true
  for_aws:
    description:
      - Whether the baselines are meant for AWS, so that what only AWS refuses, or does not document, is found as well.
    type: bool
    default: false
  fail_on:
    description:
      - The least level of a finding with which the task fails. It returns all findings even so.
    type: str
    choices: [error, warning, never]
    default: error
  now:
    description:
      - Moment in UTC from which on the baselines are to be used, as V(2026-11-28T18:00:00Z) or V(2026-11-28), for what
        is said of cut-off dates.
      - By default the present.
    type: str
seealso:
  - module: patchops.fleet.patch_evaluate
  - module: patchops.fleet.patch_scan
notes:
  - "Codes of level C(error), everything that is refused: C(contradiction), C(date-fields), C(given-twice),
    C(holds-nowhere), C(no-baselines), C(not-allowed), C(not-for-operating-system), C(patch-group-bound-twice),
    C(two-defaults), C(unknown-filter-key), C(unknown-member), C(unknown-name), C(wrong-count), C(wrong-length),
    C(wrong-type), and with O(for_aws=true) C(host-only-operating-system), C(too-many-tags)."
  - "Codes of level C(warning) about rules and filters: C(global-filter-passes-nothing), C(no-advisories),
    C(non-security-excluded), C(partial-wildcard), C(product-without-patch-set), C(rule-applies-nowhere),
    C(rule-duplicated), C(rule-never-matches), C(rule-shadowed), C(unknown-product), C(unknown-value),
    C(wildcard-among-values)."
  - "Code of level C(warning) with O(for_aws=true): C(operating-system-missing), because AWS has baselines for one
    operating system each."
  - "Codes of level C(warning) about dates: C(cut-off-ahead), C(cut-off-before-product), C(cut-off-long-past),
    C(dates-ignored), C(delay-outlasts-updates), C(long-delay)."
  - "Codes of level C(warning) about lists: C(approved-and-rejected), C(entry-names-nothing), C(more-than-a-name),
    C(notice-id-rejected), C(rejected-by-pattern), C(several-wildcards), C(version-without-name),
    C(wildcard-unsupported), and with O(for_aws=true) C(undocumented-wildcard)."
  - "Codes of level C(warning) about baselines: C(ambiguous-choice), C(approves-nothing), C(credentials-in-source),
    C(duplicate-name), C(never-chosen), C(source-never-used), and with O(for_aws=true) C(too-many-baselines)."
  - "Codes of level C(info): C(covered-entry), C(duplicate-entry), C(duplicate-value), C(not-portable),
    C(without-effect)."
  - With O(for_aws=true), C(duplicate-name) is an V(error) where both are for one operating system, and a rule may say
    C(security) in a baseline that has an C(operating_system), as M(patchops.fleet.ssm_patch_baseline) takes it.
  - C(flag-without-effect) is a V(warning) where the flag was probably meant to have an effect, else V(info).
    C(dates-ignored) is V(info) in a baseline that is not for apt alone.
  - A rule is compared with one other at a time. One that several others cover between them is not found.
"""

EXAMPLES = r"""
- name: Look at the baselines of this inventory
  patchops.fleet.patch_baseline_lint:
    baselines: "{{ patch_baselines }}"
  delegate_to: localhost
  run_once: true
  register: lint

- name: Show what is found
  ansible.builtin.debug:
    msg: "{{ item.level }}: {{ item.path }}: {{ item.message }}"
  loop: "{{ lint.findings }}"
  loop_control:
    label: "{{ item.code }}"

- name: Let nothing doubtful pass on its way to AWS
  patchops.fleet.patch_baseline_lint:
    baselines:
      - name: production-el9
        operating_system: REDHAT_ENTERPRISE_LINUX
        approval_rules:
          - filters: {CLASSIFICATION: [Security], SEVERITY: [Critical, Important]}
            approve_after_days: 7
            compliance_level: CRITICAL
        rejected_patches: ['kernel*']
    for_aws: true
    fail_on: warning
"""

RETURN = r"""
findings:
  description:
    - What is found, baseline by baseline, and at the end what is found of all of them together.
    - Returned by a task that fails on them as well.
  returned: always
  type: list
  elements: dict
  contains:
    level:
      description:
        - V(error) for what is refused, V(warning) for what is legal and probably not meant, V(info) for what does no
          harm and nothing else.
      type: str
    code:
      description: Short name of what is found, the same for all of its kind.
      type: str
    path:
      description: Where it stands.
      type: str
    baseline:
      description: Name of the baseline; null where it is about several, or has no name that can be read.
      type: str
    message:
      description: What is wrong, and what to do about it.
      type: str
  sample:
    - level: warning
      code: rule-never-matches
      path: baselines[0].approval_rules[1].filters.CLASSIFICATION
      baseline: production-el9
      message: >-
        the rule never approves anything: the global filters let only CLASSIFICATION Security through; correct it, or
        remove the rule
summary:
  description: How many findings there are of each level.
  returned: always
  type: dict
  sample: {error: 0, warning: 1, info: 0}
"""

import datetime

from ..module_utils._baseline_arguments import BASELINE_ARGUMENTS
from ..module_utils._baseline_module import BaselineModule
from ..module_utils._engine import dates
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.lint import failing, lint
from ..module_utils._plain import plain
from ..module_utils._templated import structure

ARGUMENT_SPEC = {
    "baselines": dict(BASELINE_ARGUMENTS["baselines"], required=True),
    "for_aws": {"type": "bool", "default": False},
    "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "error"},
    "now": {"type": "str"},
}


def main():
    module = BaselineModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = plain(dict(module.given, baselines=structure(module.given["baselines"])))
    now = params["now"] or dates.text(datetime.datetime.now(dates.UTC))
    try:
        answer = lint(params["baselines"], now, params["for_aws"])
    except EngineError as error:
        module.fail_json(msg=str(error))
    fatal = failing(answer["findings"], params["fail_on"])
    if fatal:
        module.fail_json(msg="\n".join(fatal), changed=False, **answer)
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
