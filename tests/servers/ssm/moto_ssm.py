# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our service in the place of moto's SSM; what is not ours stays moto's where moto is sound.

moto is pinned: this leans on `call_action`, `serialized` and `_get_action`, and on URLs being read when the first call
for the service comes.
"""

from __future__ import annotations

import json
import os

from moto.core.responses import TYPE_RESPONSE, ActionResult
from moto.core.utils import get_service_model
from moto.iam import models as iam
from moto.ssm import urls
from moto.ssm.exceptions import SSMException  # moto serialises the exceptions of its own services alone
from moto.ssm.responses import SimpleSystemManagerResponse

from . import events
from .errors import SSMError
from .operations import SHARED, is_ours
from .service import Service

# What moto answers well enough (test-servers.md, A1): parameters.
OF_MOTO = (
    *("DeleteParameter", "DeleteParameters", "DescribeParameters", "GetParameter", "GetParameterHistory"),
    *("GetParameters", "GetParametersByPath", "LabelParameterVersion", "PutParameter", "UnlabelParameterVersion"),
    *SHARED,
)
# The API reference's, which the model does not carry. Clients retry these.
STATUSES = {"InternalServerError": 500, "InternalFailure": 500, "ServiceUnavailable": 503}
ACCOUNT = "123456789012"  # moto's own, where no role was assumed
SERVICE = Service(get_service_model("ssm"))


class StrictSSM(SimpleSystemManagerResponse):
    def call_action(self) -> TYPE_RESPONSE:
        try:
            operation, request = self._get_action(), json.loads(self.body or "{}")
        except ValueError:
            return self._refused(SSMError("SerializationException", "The request is no JSON"))
        if is_ours(operation, request):
            return self._ours(operation, request)
        if operation in OF_MOTO:
            return super().call_action()
        return 501, {}, json.dumps({"__type": "NotImplemented", "message": f"The strict SSM has no {operation}"})

    def _ours(self, operation: str, request: object) -> TYPE_RESPONSE:
        try:
            answer = SERVICE.call(operation, request, self.current_account, self.region)
        except SSMError as error:
            return self._refused(error)
        return self.serialized(ActionResult(answer))

    def _refused(self, error: SSMError) -> TYPE_RESPONSE:
        status, headers, body = self.serialized(ActionResult(SSMException(error.code, error.message)))
        return STATUSES.get(error.code, status), headers, body


def install() -> None:
    """With AWS's managed policies for Systems Manager: all of them would cost each account half a second."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    policies = json.loads(iam.aws_managed_policies_data)
    ours = {name: policy for name, policy in policies.items() if name.startswith("AmazonSSM")}
    iam.aws_managed_policies_data = json.dumps(ours)
    urls.url_paths = {"{0}/$": StrictSSM.dispatch}
    events.install()
