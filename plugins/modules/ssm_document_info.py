# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_document_info
short_description: Read one's own documents of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads documents with the content of their default version, with whom they are shared, and their tags.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  name:
    description: Only this document. Without it, all that belong to the account.
    type: str
  document_type:
    description: Only documents of this type.
    type: str
    choices: [Command, Automation, Session, Policy, ChangeCalendar, ApplicationConfiguration]
seealso:
  - module: patchops.fleet.ssm_document
"""

EXAMPLES = r"""
- name: Read all runbooks of this account and Region
  patchops.fleet.ssm_document_info:
    document_type: Automation
  register: runbooks
"""

RETURN = r"""
documents:
  description: The documents, by name, as M(patchops.fleet.ssm_document) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - name: Drain
      document_type: Command
      content: {schemaVersion: '2.2', mainSteps: []}
      version: '3'
      default_version: '3'
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import document
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {"name": {"type": "str"}, "document_type": {"type": "str", "choices": list(document.TYPES)}}


def work(params, api):
    names = [params["name"]] if params["name"] else document.listed(api, params["document_type"])
    found = [document.read(api, name) for name in names]
    there = [one for one in found if one]  # one may have been deleted meanwhile
    return {"changed": False, "documents": there}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, mutually_exclusive=[("name", "document_type")], supports_check_mode=True
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
