"""Tags of SageMaker resources that a stack has made: an update sets those that its template says."""

from __future__ import annotations

from harness.emulator.cloudformation.native.api import Api


def retag(api: Api, arn: str, tags: list[dict[str, str]]) -> None:
    """Gives a resource exactly those tags."""
    wanted = {each["Key"]: each["Value"] for each in tags}
    found = api.call("sagemaker", "list_tags", ResourceArn=arn)["Tags"]
    if gone := [each["Key"] for each in found if each["Key"] not in wanted]:
        api.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=gone)
    if tags:
        api.call("sagemaker", "add_tags", ResourceArn=arn, Tags=tags)
