# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation that is ours, by its name in the API."""

from __future__ import annotations

import typing as t

from . import (
    activations,
    associations,
    automation,
    baselines,
    commands,
    compliance,
    known_documents,
    nodes,
    own_documents,
    patch_groups,
    patch_states,
    resource_data_syncs,
    service_settings,
    tags,
    window_targets,
    window_tasks,
    windows,
)
from .state import Region, Resource

Operation = t.Callable[[Region, Resource], Resource]

OPERATIONS: dict[str, Operation] = {
    "AddTagsToResource": tags.add_tags_to_resource,
    "CancelCommand": commands.cancel_command,
    "CreateActivation": activations.create_activation,
    "CreateAssociation": associations.create_association,
    "CreateDocument": own_documents.create_document,
    "CreateMaintenanceWindow": windows.create_maintenance_window,
    "CreatePatchBaseline": baselines.create_patch_baseline,
    "CreateResourceDataSync": resource_data_syncs.create_resource_data_sync,
    "DeleteActivation": activations.delete_activation,
    "DeleteAssociation": associations.delete_association,
    "DeleteDocument": own_documents.delete_document,
    "DeleteMaintenanceWindow": windows.delete_maintenance_window,
    "DeletePatchBaseline": baselines.delete_patch_baseline,
    "DeleteResourceDataSync": resource_data_syncs.delete_resource_data_sync,
    "DeregisterManagedInstance": activations.deregister_managed_instance,
    "DeregisterPatchBaselineForPatchGroup": patch_groups.deregister_patch_baseline_for_patch_group,
    "DeregisterTargetFromMaintenanceWindow": window_targets.deregister_target_from_maintenance_window,
    "DeregisterTaskFromMaintenanceWindow": window_tasks.deregister_task_from_maintenance_window,
    "DescribeActivations": activations.describe_activations,
    "DescribeAssociation": associations.describe_association,
    "DescribeAssociationExecutionTargets": associations.describe_association_execution_targets,
    "DescribeAssociationExecutions": associations.describe_association_executions,
    "DescribeAutomationExecutions": automation.describe_automation_executions,
    "DescribeAutomationStepExecutions": automation.describe_automation_step_executions,
    "DescribeDocument": known_documents.describe_document,
    "DescribeDocumentPermission": own_documents.describe_document_permission,
    "DescribeInstanceInformation": nodes.describe_instance_information,
    "DescribeInstancePatchStates": patch_states.describe_instance_patch_states,
    "DescribeInstancePatchStatesForPatchGroup": patch_states.describe_instance_patch_states_for_patch_group,
    "DescribeInstancePatches": patch_states.describe_instance_patches,
    "DescribeMaintenanceWindowSchedule": windows.describe_maintenance_window_schedule,
    "DescribeMaintenanceWindowTargets": window_targets.describe_maintenance_window_targets,
    "DescribeMaintenanceWindowTasks": window_tasks.describe_maintenance_window_tasks,
    "DescribeMaintenanceWindows": windows.describe_maintenance_windows,
    "DescribeMaintenanceWindowsForTarget": windows.describe_maintenance_windows_for_target,
    "DescribePatchBaselines": baselines.describe_patch_baselines,
    "DescribePatchGroupState": patch_states.describe_patch_group_state,
    "DescribePatchGroups": patch_groups.describe_patch_groups,
    "GetAutomationExecution": automation.get_automation_execution,
    "GetCommandInvocation": commands.get_command_invocation,
    "GetDefaultPatchBaseline": baselines.get_default_patch_baseline,
    "GetDocument": known_documents.get_document,
    "GetMaintenanceWindow": windows.get_maintenance_window,
    "GetMaintenanceWindowTask": window_tasks.get_maintenance_window_task,
    "GetPatchBaseline": baselines.get_patch_baseline,
    "GetPatchBaselineForPatchGroup": patch_groups.get_patch_baseline_for_patch_group,
    "GetServiceSetting": service_settings.get_service_setting,
    "ListAssociations": associations.list_associations,
    "ListCommandInvocations": commands.list_command_invocations,
    "ListCommands": commands.list_commands,
    "ListComplianceItems": compliance.list_compliance_items,
    "ListComplianceSummaries": compliance.list_compliance_summaries,
    "ListDocumentVersions": own_documents.list_document_versions,
    "ListDocuments": own_documents.list_documents,
    "ListResourceComplianceSummaries": compliance.list_resource_compliance_summaries,
    "ListResourceDataSync": resource_data_syncs.list_resource_data_sync,
    "ListTagsForResource": tags.list_tags_for_resource,
    "ModifyDocumentPermission": own_documents.modify_document_permission,
    "PutComplianceItems": compliance.put_compliance_items,
    "RegisterDefaultPatchBaseline": baselines.register_default_patch_baseline,
    "RegisterPatchBaselineForPatchGroup": patch_groups.register_patch_baseline_for_patch_group,
    "RegisterTargetWithMaintenanceWindow": window_targets.register_target_with_maintenance_window,
    "RegisterTaskWithMaintenanceWindow": window_tasks.register_task_with_maintenance_window,
    "RemoveTagsFromResource": tags.remove_tags_from_resource,
    "ResetServiceSetting": service_settings.reset_service_setting,
    "SendAutomationSignal": automation.send_automation_signal,
    "SendCommand": commands.send_command,
    "StartAssociationsOnce": associations.start_associations_once,
    "StartAutomationExecution": automation.start_automation_execution,
    "StopAutomationExecution": automation.stop_automation_execution,
    "UpdateAssociation": associations.update_association,
    "UpdateDocument": own_documents.update_document,
    "UpdateDocumentDefaultVersion": own_documents.update_document_default_version,
    "UpdateMaintenanceWindow": windows.update_maintenance_window,
    "UpdateMaintenanceWindowTarget": window_targets.update_maintenance_window_target,
    "UpdateMaintenanceWindowTask": window_tasks.update_maintenance_window_task,
    "UpdateManagedInstanceRole": activations.update_managed_instance_role,
    "UpdatePatchBaseline": baselines.update_patch_baseline,
    "UpdateResourceDataSync": resource_data_syncs.update_resource_data_sync,
    "UpdateServiceSetting": service_settings.update_service_setting,
}
# Tags of other types of resources stay with moto.
SHARED = ("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")
LISTS = tuple(name for name in OPERATIONS if name.startswith("Describe"))


def is_ours(name: str, request: Resource) -> bool:
    return name in OPERATIONS and (name not in SHARED or tags.ours(request))
