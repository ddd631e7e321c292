"""The action types that are modelled, as data: how many artifacts each takes and gives, and how it is configured.

Source: "Action structure reference" and "Number of input and output artifacts for each action type" of the guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ActionType:
    """One action type: least and most `inputs` and `outputs`, configuration keys that it must and may have."""

    inputs: tuple[int, int]
    outputs: tuple[int, int]
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


_CODEBUILD = ActionType(
    (1, 5),
    (0, 5),
    frozenset({"ProjectName"}),
    frozenset({"PrimarySource", "EnvironmentVariables", "BatchEnabled", "CombineArtifacts"}),
)
# (category, owner, provider, version)
ACTION_TYPES: Mapping[tuple[str, str, str, str], ActionType] = {
    ("Source", "AWS", "S3", "1"): ActionType(
        (0, 0),
        (1, 1),
        frozenset({"S3Bucket", "S3ObjectKey"}),
        frozenset({"PollForSourceChanges", "AllowOverrideForS3ObjectKey"}),
    ),
    ("Source", "AWS", "CodeStarSourceConnection", "1"): ActionType(
        (0, 0),
        (1, 1),
        frozenset({"ConnectionArn", "FullRepositoryId", "BranchName"}),
        frozenset({"OutputArtifactFormat", "DetectChanges"}),
    ),
    ("Build", "AWS", "CodeBuild", "1"): _CODEBUILD,
    ("Test", "AWS", "CodeBuild", "1"): _CODEBUILD,
    ("Deploy", "AWS", "CloudFormation", "1"): ActionType(
        (0, 10),
        (0, 1),
        frozenset({"ActionMode", "StackName"}),
        frozenset(
            {
                "Capabilities",
                "ChangeSetName",
                "OutputFileName",
                "ParameterOverrides",
                "RoleArn",
                "TemplateConfiguration",
                "TemplatePath",
            }
        ),
    ),
    ("Deploy", "AWS", "S3", "1"): ActionType(
        (1, 1),
        (0, 0),
        frozenset({"BucketName", "Extract"}),
        frozenset({"ObjectKey", "KMSEncryptionKeyARN", "CannedACL", "CacheControl"}),
    ),
    ("Invoke", "AWS", "Lambda", "1"): ActionType(
        (0, 5), (0, 5), frozenset({"FunctionName"}), frozenset({"UserParameters"})
    ),
    ("Approval", "AWS", "Manual", "1"): ActionType(
        (0, 0), (0, 0), frozenset(), frozenset({"NotificationArn", "CustomData", "ExternalEntityLink"})
    ),
}
CLOUDFORMATION_MODES = (
    "CHANGE_SET_EXECUTE",
    "CHANGE_SET_REPLACE",
    "CREATE_UPDATE",
    "DELETE_ONLY",
    "REPLACE_ON_FAILURE",
)
