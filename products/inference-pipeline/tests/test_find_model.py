"""Which version a run takes, and the sentence where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from batch_inference.find_model import NoModelError, newest_approved

GROUP = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/credit-risk-default"
ROOT = "s3://models-111111111111-eu-west-1-credit-risk-default/a1b2c3"


def described(number: int, **changes: Any) -> dict[str, Any]:
    """A version as the training pipeline registers it."""
    return {
        "ModelPackageArn": f"arn:aws:sagemaker:eu-west-1:111111111111:model-package/credit-risk-default/{number}",
        "ModelPackageGroupName": "credit-risk-default",
        "ModelPackageVersion": number,
        "DriftCheckBaselines": {
            "ModelDataQuality": {
                "Statistics": {"S3Uri": f"{ROOT}/baseline/statistics.json"},
                "Constraints": {"S3Uri": f"{ROOT}/baseline/constraints.json"},
            }
        },
        "CustomerMetadataProperties": {"platform:schema": f"{ROOT}/schema.json"},
        **changes,
    }


class PagedRegistry:
    """A registry that answers with these pages of approved versions, newest first."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages
        self.asked: list[dict[str, Any]] = []

    def list_model_packages(self, **given: Any) -> dict[str, Any]:
        self.asked.append(dict(given))
        number = int(given.get("NextToken", "0"))
        answer: dict[str, Any] = {"ModelPackageSummaryList": self.pages[number]}
        if number + 1 < len(self.pages):
            answer["NextToken"] = str(number + 1)
        return answer

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803 - SageMaker's name
        every = [each for page in self.pages for each in page]
        return next(each for each in every if each["ModelPackageArn"] == ModelPackageName)


def test_the_newest_approved_version_is_asked_for_in_the_registrys_account() -> None:
    registry = PagedRegistry([described(7), described(5)])
    assert newest_approved(registry, GROUP).outputs() == {
        "ModelPackageArn": described(7)["ModelPackageArn"],
        "ModelPackageVersion": 7,
        "Statistics": f"{ROOT}/baseline/statistics.json",
        "Constraints": f"{ROOT}/baseline/constraints.json",
        "Schema": f"{ROOT}/schema.json",
    }
    (asked,) = registry.asked
    assert asked["ModelPackageGroupName"] == GROUP
    assert asked["ModelApprovalStatus"] == "Approved"
    assert (asked["SortBy"], asked["SortOrder"]) == ("CreationTime", "Descending")


def test_an_empty_page_is_not_the_end() -> None:
    assert newest_approved(PagedRegistry([], [], [described(3)]), GROUP).number == 3


def test_without_an_approved_version_a_sentence_says_where_to_approve_one() -> None:
    with pytest.raises(NoModelError) as error:
        newest_approved(PagedRegistry([], []), GROUP)
    assert str(error.value) == (
        "No version of model group credit-risk-default is approved in the registry 111111111111. "
        "Have an approver approve one there, then start the run again."
    )


def test_a_version_without_baseline_and_schema_is_refused_by_what_it_lacks() -> None:
    bare = described(4, DriftCheckBaselines={}, CustomerMetadataProperties={})
    with pytest.raises(NoModelError) as error:
        newest_approved(PagedRegistry([bare]), GROUP)
    assert str(error.value).startswith(
        "Version 4 of model group credit-risk-default was registered without "
        "drift statistics and drift constraints and a schema."
    )
