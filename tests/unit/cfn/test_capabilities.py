"""Which acknowledgements CloudFormation asks for."""

from __future__ import annotations

import pytest

from harness.cfn.model import StackError, StackRequest
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from tests.unit.cfn.engine import AROUND, one

TRUST = "AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: []}"
ROLE = one("AWS::IAM::Role", f"{{{TRUST}}}")
NAMED_ROLE = one("AWS::IAM::Role", f"{{{TRUST}, RoleName: mine}}")
EXTENDED = "Transform: AWS::LanguageExtensions\n" + one("AWS::SNS::Topic")


@pytest.mark.parametrize(
    ("template", "given", "missing"),
    [
        (ROLE, (), "CAPABILITY_IAM"),
        (NAMED_ROLE, (), "CAPABILITY_NAMED_IAM"),
        (NAMED_ROLE, ("CAPABILITY_IAM",), "CAPABILITY_NAMED_IAM"),
        (EXTENDED, ("CAPABILITY_IAM",), "CAPABILITY_AUTO_EXPAND"),
    ],
)
def test_a_missing_capability_is_refused_by_name(template: str, given: tuple[str, ...], missing: str) -> None:
    with pytest.raises(StackError) as caught:
        create_stack(StackRequest("app", template, capabilities=given), AROUND, SchemaProvider())
    assert caught.value.code == "InsufficientCapabilitiesException"
    assert caught.value.message == f"Requires capabilities : [{missing}]"


@pytest.mark.parametrize(
    ("template", "given"),
    [
        (one("AWS::SNS::Topic"), ()),
        (ROLE, ("CAPABILITY_IAM",)),
        (ROLE, ("CAPABILITY_NAMED_IAM",)),
        (NAMED_ROLE, ("CAPABILITY_NAMED_IAM",)),
        (EXTENDED, ("CAPABILITY_AUTO_EXPAND",)),
    ],
)
def test_what_was_acknowledged_is_created(template: str, given: tuple[str, ...]) -> None:
    outcome = create_stack(StackRequest("app", template, capabilities=given), AROUND, SchemaProvider())
    assert outcome.state.status == "CREATE_COMPLETE"


def test_an_unknown_capability_is_refused() -> None:
    with pytest.raises(StackError, match="failed to satisfy constraint: Member must satisfy enum value set"):
        create_stack(StackRequest("app", ROLE, capabilities=("IAM",)), AROUND, SchemaProvider())
