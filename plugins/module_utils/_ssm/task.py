# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What every module on SSM does around its work: errors become a failure once, here."""

from __future__ import annotations

import typing as t

from .api import Api, SSMError
from .change import REFUSALS, Resource, ResourceError

# Options by which something is looked up. Empty text names nothing: the API refuses it in its own words, or lists all.
NAMING = (
    *("name", "window", "baseline", "association_name", "document_name"),
    *("window_id", "baseline_id", "window_target_id", "window_task_id", "association_id"),
    *("execution_id", "document_name_prefix", "parent_execution_id"),
    *("activation_id", "default_instance_name", "iam_role", "sync_name"),
)


# Lengths of botocore's model; the service says for itself what else is no id.
IDS = {
    "window_id": (20, "mw-0123456789abcdef0"),
    "baseline_id": (20, "pb-0123456789abcdef0, or the ARN of one that belongs to AWS"),
    "window_target_id": (36, "01234567-89ab-cdef-0123-456789abcdef"),
    "window_task_id": (36, "01234567-89ab-cdef-0123-456789abcdef"),
    "association_id": (36, "01234567-89ab-cdef-0123-456789abcdef"),
    "execution_id": (36, "01234567-89ab-cdef-0123-456789abcdef"),
    "parent_execution_id": (36, "01234567-89ab-cdef-0123-456789abcdef"),
}


def refuse_names(params: t.Mapping[str, t.Any]) -> None:
    """Raise ResourceError for options that cannot name anything."""
    problems = ["%s: must not be empty" % option for option in NAMING if params.get(option) == ""]
    for option, (shortest, example) in IDS.items():
        if params.get(option) and len(params[option]) < shortest:
            problems.append("%s: '%s' is no id, such as %s" % (option, params[option], example))
    if problems:
        raise ResourceError("\n".join(problems))


def run(
    module: t.Any,
    work: t.Callable[[Api], Resource],
    *,
    config: t.Optional[Resource] = None,
    service: str = "ssm",
) -> None:
    """Carry out `work` and end the module with its result, or with its failure and what had been changed by then.

    `config`: how botocore's client is to be, other than usual. `service`: whose calls the Api of `work` makes.
    """
    api = Api(module.client(service, config=config) if config else module.client(service))
    try:
        refuse_names(module.params)
        result = work(api)
    except SSMError as error:
        module.fail_json_aws(error.exception, msg=error.message, changes=api.changes, changed=bool(api.changes))
    except REFUSALS as error:
        module.fail_json(msg=str(error), changes=api.changes, changed=bool(api.changes))
    else:
        end = module.fail_json if result.get("failed") else module.exit_json
        end(changes=api.changes, **result)
