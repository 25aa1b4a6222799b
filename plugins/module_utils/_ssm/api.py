# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls of SSM: pages, retries, errors that name the thing, a note of changes."""

from __future__ import annotations

import typing as t
import uuid

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

Answer = t.Dict[str, t.Any]

# Beside what AWSRetry and botocore retry of their own accord (operations.md, 0).
RETRIED = (
    *("ThrottlingException", "TooManyUpdates", "RateExceeded", "InternalServerError"),
    *("ConcurrentModificationException", "InternalException", "InternalError"),  # of EventBridge, EventBridge, SNS
    "InternalServerException",  # Quick Setup's
)
# Nothing was done: the same call may be made again, whatever it does.
THROTTLED = ("ThrottlingException", "Throttling", "RateExceeded", "TooManyUpdates")
FAILURES = (
    *("InternalServerError", "InternalServerException", "InternalFailure", "ServiceUnavailable"),
    "RequestTimeout",
)
MISSING = (
    *("DoesNotExistException", "InvalidDocument", "InvalidResourceId", "InvalidActivation", "InvalidActivationId"),
    *("AssociationDoesNotExist", "ResourceDataSyncNotFoundException", "InvalidInstanceId"),
    *("ResourceNotFoundException", "NotFound", "NoSuchEntity"),  # of EventBridge, SNS, IAM
    "ServiceSettingNotFound",
)
RETRY = AWSRetry.jittered_backoff(retries=8, delay=1, max_delay=20, catch_extra_error_codes=list(RETRIED))


class SSMError(AnsibleAWSError):
    """A call failed; `message` says what was being done to which thing, `exception` is botocore's."""

    @property
    def code(self) -> t.Optional[str]:
        """The API's error code; None where the call did not get as far."""
        response = getattr(self.exception, "response", None)
        return response["Error"]["Code"] if response else None

    @property
    def answer_lost(self) -> bool:
        """Whether the call may have done its work all the same: the service failed, or nothing was heard of it."""
        return self.code is None or self.code in FAILURES


class SSMErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = SSMError


class Api:
    """Calls of one client. Names of operations are the client's methods, requests and answers are the API's."""

    def __init__(self, client: t.Any, changes: t.Optional[t.List[str]] = None) -> None:
        """`changes`: those of another client, where one module has several."""
        self._client = client
        self.changes: t.List[str] = (
            [] if changes is None else changes
        )  # what was changed, in order, as sentences begin: "create patch baseline web"

    def ask(self, doing: str, operation: str, **request: t.Any) -> Answer:
        """The answer of a call that changes nothing. Raises SSMError: "Failed to {doing}: ..."."""
        return self._call(doing, operation, request)

    def find(self, doing: str, operation: str, **request: t.Any) -> t.Optional[Answer]:
        """As `ask`; None where the API says that there is no such thing."""
        try:
            return self.ask(doing, operation, **request)
        except SSMError as error:
            if error.code in MISSING:
                return None
            raise

    def rows(self, doing: str, operation: str, member: str, **request: t.Any) -> t.List[Answer]:
        """The rows of all pages. A page without rows may have others behind it (operations.md, 0)."""

        @SSMErrorHandler.common_error_handler(doing)
        @RETRY
        def listed() -> t.List[Answer]:
            pages = self._client.get_paginator(operation).paginate(**request)
            return [row for page in pages for row in page.get(member, [])]

        return listed()

    def each(self, doing: str, operation: str, member: str, **request: t.Any) -> t.Iterator[Answer]:
        """As `rows`, with one page held at a time. Each page is tried again by itself."""
        while True:
            answer = self.ask(doing, operation, **request)
            yield from answer.get(member, [])
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]

    def once(self, doing: str, operation: str, **request: t.Any) -> Answer:
        """The answer of a call that is tried once, because it does its work again each time. It is not noted."""
        method = getattr(self._client, operation)
        return SSMErrorHandler.common_error_handler(doing)(lambda: method(**request))()

    def change(self, doing: str, operation: str, **request: t.Any) -> Answer:
        """The answer of a call that changes something, which is noted once it is done.

        All tries have one client token: a try whose answer was lost does not create a second resource.
        """
        answer = self._call(doing, operation, self._with_token(operation, request))
        self.changes.append(doing)
        return answer

    def create(self, what: str, member: str, doing: str, operation: str, **request: t.Any) -> str:
        """As `change`; the id of what was created, `member` of the answer, which the note names."""
        identifier = self._call(doing, operation, self._with_token(operation, request))[member]
        self.changes.append("%s as %s %s" % (doing, what, identifier))
        return identifier

    def change_unless(self, code: str, doing: str, operation: str, **request: t.Any) -> t.Optional[Answer]:
        """As `change`; None, and no change, where the API refuses with this code."""
        try:
            return self.change(doing, operation, **request)
        except SSMError as error:
            if error.code == code:
                return None
            raise

    def remove(self, doing: str, operation: str, **request: t.Any) -> None:
        """As `change`, of a call that deletes: what is gone already counts as deleted.

        A try whose answer was lost has done the work, and the next one finds nothing.
        """
        try:
            self.change(doing, operation, **request)
        except SSMError as error:
            if error.code not in MISSING:
                raise
            self.changes.append(doing)

    def _call(self, doing: str, operation: str, request: Answer) -> Answer:
        method = getattr(self._client, operation)
        return SSMErrorHandler.common_error_handler(doing)(RETRY(lambda: method(**request)))()

    def _with_token(self, operation: str, request: Answer) -> Answer:
        """The request with a client token of its own, where the operation takes one."""
        meta = self._client.meta
        shape = meta.service_model.operation_model(meta.method_to_api_mapping[operation]).input_shape
        token = next((name for name, one in shape.members.items() if one.metadata.get("idempotencyToken")), None)
        return {token: str(uuid.uuid4()), **request} if token else request
