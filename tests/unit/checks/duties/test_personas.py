"""The page that tells who may do what is that of the policies."""

from __future__ import annotations

from harness.catalog.load import load_repository
from harness.checks.duties.personas import COMMAND, PAGE, page
from tests.support.repository import PROJECT


def test_the_committed_page_is_up_to_date() -> None:
    committed = (PROJECT / PAGE).read_text(encoding="utf-8")
    assert committed == page(load_repository(PROJECT)), f"run: {COMMAND}"


def test_the_page_says_of_the_approver_that_they_decide_and_do_nothing_else() -> None:
    changes = (PROJECT / PAGE).read_text(encoding="utf-8").partition("### approver\n")[2].partition("### ")[0]
    assert changes.split("\n")[1:4] == [
        "- `ApprovesAndRejects`: sagemaker:UpdateModelPackage",
        "- `OpensOwnStudioProfile`: sagemaker:CreatePresignedDomainUrl",
        "- `ReportsAreEncrypted`: kms:Decrypt",
    ]
