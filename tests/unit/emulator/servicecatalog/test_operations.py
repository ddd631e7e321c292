"""Every operation of the API is either modelled or refused by name, and says what its shape allows."""

from __future__ import annotations

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from harness.emulator import shapes
from harness.emulator.servicecatalog.call import Call
from harness.emulator.servicecatalog.dispatch import TOKENS, BadAnswerError, perform
from harness.emulator.servicecatalog.operations import OPERATIONS
from tests.unit.emulator.servicecatalog.accounts import Account, code, message

NAMES = sorted(shapes.service("servicecatalog").operation_names)
REFUSED = {
    "AssociateBudgetWithResource",
    "AssociateServiceActionWithProvisioningArtifact",
    "BatchAssociateServiceActionWithProvisioningArtifact",
    "BatchDisassociateServiceActionFromProvisioningArtifact",
    "CreateServiceAction",
    "DeleteServiceAction",
    "DescribeServiceAction",
    "DescribeServiceActionExecutionParameters",
    "DisassociateBudgetFromResource",
    "DisassociateServiceActionFromProvisioningArtifact",
    "ExecuteProvisionedProductServiceAction",
    "ImportAsProvisionedProduct",
    "ListBudgetsForResource",
    "ListProvisioningArtifactsForServiceAction",
    "ListServiceActions",
    "ListServiceActionsForProvisioningArtifact",
    "ListStackInstancesForProvisionedProduct",
    "NotifyProvisionProductEngineWorkflowResult",
    "NotifyTerminateProvisionedProductEngineWorkflowResult",
    "NotifyUpdateProvisionedProductEngineWorkflowResult",
    "UpdateServiceAction",
}


def test_modelled_and_refused_operations_are_the_whole_api() -> None:
    assert set(OPERATIONS) | REFUSED == set(NAMES)
    assert not set(OPERATIONS) & REFUSED


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_an_operation_that_is_not_modelled_is_refused_by_name(name: str, empty: Account) -> None:
    with pytest.raises(ClientError) as error:
        getattr(empty.client(validate=False), xform_name(name))()
    assert code(error) == "OperationNotSupportedException"
    assert name in message(error)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_request_without_anything_is_answered_or_refused_but_never_breaks(name: str, empty: Account) -> None:
    # The client fills in idempotency tokens by itself.
    required = set(shapes.operation("servicecatalog", name).input_shape.required_members) - set(TOKENS)
    try:
        getattr(empty.client(validate=False), xform_name(name))()
    except ClientError as error:
        given = error.response["Error"]
        assert given["Code"] in (
            "ValidationException",
            "InvalidParametersException",
            "ResourceNotFoundException",
        )
        assert all(member in given["Message"] for member in required)
    else:
        assert not required


def test_a_request_against_its_shape_says_what_is_wrong(hub: Account) -> None:
    with pytest.raises(ClientError) as error:
        hub.client().create_portfolio(DisplayName="ml", ProviderName="platform", IdempotencyToken="no spaces")
    assert code(error) == "ValidationException"
    assert "IdempotencyToken" in message(error)


@pytest.mark.filterwarnings("ignore:Exception.RefusedError. with code UnknownOperationException")
def test_an_unknown_operation_is_refused_by_name(hub: Account) -> None:
    client = hub.client()
    client.meta.events.register(
        "before-sign.servicecatalog",
        lambda request, **_: request.headers.replace_header("X-Amz-Target", "AWS242ServiceCatalogService.Conjure"),
    )
    with pytest.raises(ClientError) as error:
        client.list_portfolios()
    assert code(error) == "UnknownOperationException"
    assert "Conjure" in message(error)


def test_an_answer_against_its_shape_is_a_defect_of_the_emulator() -> None:
    OPERATIONS["ListStackInstancesForProvisionedProduct"] = lambda _: {"StackInstances": [{"Colour": "red"}]}
    call = Call("700000000000", "eu-west-1", "", "", {"ProvisionedProductId": "pp-1"})
    try:
        with pytest.raises(BadAnswerError, match=r"StackInstances\[0\].Colour: StackInstance has no such member"):
            perform("ListStackInstancesForProvisionedProduct", call)
    finally:
        del OPERATIONS["ListStackInstancesForProvisionedProduct"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"PortfolioDetail": {"Id": 7}}, "PortfolioDetail.Id: string was expected, got 7"),
        ({"Tags": [{"Key": "team"}]}, "Tags[0].Value: required, but missing"),
        ({"Tags": {"Key": "team"}}, "Tags: a list was expected, got {'Key': 'team'}"),
        ({"PortfolioDetail": {"CreatedTime": "today"}}, "PortfolioDetail.CreatedTime: timestamp was expected"),
        ({"Portfolio": {}}, "Portfolio: CreatePortfolioOutput has no such member"),
    ],
)
def test_the_shape_of_an_answer_is_checked_member_by_member(answer: dict[str, object], problem: str) -> None:
    found = shapes.problems(answer, shapes.operation("servicecatalog", "CreatePortfolio").output_shape)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_repeated_token_gets_the_same_answer_and_another_request_with_it_is_refused(hub: Account) -> None:
    client = hub.client()
    request = {"DisplayName": "ml", "ProviderName": "platform", "IdempotencyToken": "once"}
    first = client.create_portfolio(**request)["PortfolioDetail"]["Id"]
    assert client.create_portfolio(**request)["PortfolioDetail"]["Id"] == first
    assert len(client.list_portfolios()["PortfolioDetails"]) == 1
    with pytest.raises(client.exceptions.InvalidParametersException, match="once"):
        client.create_portfolio(**{**request, "DisplayName": "another"})
