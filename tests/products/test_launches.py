"""Every example is launched, changed and removed in the emulated landscape, and IAM decides each call of its role."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from harness.catalog.load import LoadedExample, LoadedProduct, with_needs
from harness.catalog.model import parameter_text
from harness.catalog.release import Release, load_releases
from harness.catalog.render import render_product
from harness.cfn.model import Event, StackRequest, StackState, Surroundings
from harness.cfn.stack import create_stack, delete_stack, update_stack
from harness.emulator.cloudformation.provider import NativeProvider
from harness.emulator.cloudformation.surroundings import surroundings_of
from tests.products import launched
from tests.support.landscapes import Landscape, laid_out

pytestmark = pytest.mark.unmeasured

EXAMPLES = [f"{name}/{example.name}" for name, example in launched.examples()]
# Versions that say something else than the working tree.
OLDER = [
    f"{product.name}@{release.version}"
    for product in launched.repository().products
    for release in load_releases(product)
    if release.template() != launched.text(product.name)
]


@dataclass(frozen=True)
class Stacks:
    """Makes stacks as Service Catalog has CloudFormation make them: in the name of the launch role."""

    landscape: Landscape

    def account(self, product: LoadedProduct) -> str:
        if product.for_registry:
            return self.landscape.registry
        return self.landscape.account(product.trial_environment)

    def around(self, product: LoadedProduct) -> Surroundings:
        return surroundings_of(self.account(product), self.landscape.region, {}, {}, {}, {})

    def keep(self, key: str, content: bytes) -> None:
        """An archive of a product, where the hub keeps them."""
        hub = self.landscape.repository.catalog.landscape.hub.account
        bucket = f"platform-artifacts-{hub}-{self.landscape.region}"
        self.landscape.client("s3", hub).put_object(Bucket=bucket, Key=key, Body=content)

    def request(self, product: LoadedProduct, example: LoadedExample, name: str) -> StackRequest:
        rendered = render_product(self.landscape.repository, product.name)
        for asset in rendered.assets:
            self.keep(asset.key, asset.content)
        account = self.account(product)
        return StackRequest(
            name=f"SC-{account}-pp-{hashlib.sha256(name.encode()).hexdigest()[:13]}",
            template=rendered.text,
            parameters={key: parameter_text(value) for key, value in example.spec.parameters.items()},
            tags={"team": "credit-risk"},
            capabilities=("CAPABILITY_NAMED_IAM",),
            role_arn=f"arn:aws:iam::{account}:role/{product.launch_role}",
        )

    def released(self, release: Release, product: LoadedProduct, example: LoadedExample, name: str) -> StackRequest:
        """The example as far as the release knows its parameters."""
        for asset in release.manifest.assets:
            self.keep(asset.key, release.asset(asset))
        request = self.request(product, example, name)
        known = release.manifest.interface.parameters
        given = {key: value for key, value in request.parameters.items() if key in known}
        return replace(request, template=release.template(), parameters=given)

    def launch(self, product: LoadedProduct, example: LoadedExample, name: str) -> StackState:
        return self.create(product, self.request(product, example, name))

    def create(self, product: LoadedProduct, request: StackRequest) -> StackState:
        outcome = create_stack(request, self.around(product), NativeProvider())
        assert outcome.state.status == "CREATE_COMPLETE", failures(outcome.events)
        return outcome.state

    def update(self, product: LoadedProduct, state: StackState, request: StackRequest) -> StackState:
        outcome = update_stack(state, request, self.around(product), NativeProvider())
        assert outcome.state.status == "UPDATE_COMPLETE", failures(outcome.events)
        return outcome.state

    def tagged(self, product: LoadedProduct, example: LoadedExample, name: str, state: StackState) -> StackState:
        """The stack after an update to another version that changes nothing but what Service Catalog tags it with."""
        request = replace(self.request(product, example, name), tags={"team": "credit-risk", "version": "other"})
        outcome = update_stack(state, request, self.around(product), NativeProvider())
        assert outcome.state.status == "UPDATE_COMPLETE", failures(outcome.events)
        return outcome.state

    def remove(self, product: LoadedProduct, state: StackState) -> None:
        outcome = delete_stack(state, self.around(product), NativeProvider())
        assert outcome.state.status == "DELETE_COMPLETE", failures(outcome.events)
        # what is kept for the data's sake would be in the way of the next launch of that name
        account = self.account(product)
        s3 = self.landscape.client("s3", account)
        for each in state.resources:
            if each.type == "AWS::S3::Bucket" and each.deletion_policy != "Delete":
                s3.delete_bucket(Bucket=each.physical_id)
            if each.type == "AWS::SageMaker::ModelPackageGroup":
                self.landscape.client("sagemaker", account).delete_model_package_group(
                    ModelPackageGroupName=state.parameters["ModelGroup"]
                )


def failures(events: tuple[Event, ...]) -> list[str]:
    """What failed by itself, and why."""
    return [
        f"{each.logical_id}: {each.reason}"
        for each in events
        if "FAILED" in each.status and "cancelled" not in each.reason
    ]


@pytest.fixture(scope="module")
def stacks() -> Iterator[Stacks]:
    with laid_out(launched.repository()) as landscape:
        yield Stacks(landscape)


@pytest.mark.parametrize("which", EXAMPLES)
def test_a_launch_role_launches_and_removes_every_example(stacks: Stacks, which: str) -> None:
    """And, of every option at once, gives all that stands other tags, as each update by Service Catalog does."""
    name, _, chosen = which.partition("/")
    product = launched.repository().product(name)
    example = product.example(chosen)
    made = [
        (each, its, stacks.launch(each, its, f"{which} {each.name}"))
        for each, its in with_needs(launched.repository(), product, example)
        if each.for_registry == product.for_registry  # another account's is there already, or not asked for
    ]
    for each, its, state in reversed(made):
        standing = stacks.tagged(each, its, f"{which} {each.name}", state) if chosen == "full" else state
        stacks.remove(each, standing)


@pytest.mark.parametrize("name", ["deployment-pipeline", "inference-pipeline", "monitoring", "training-pipeline"])
def test_a_launch_role_changes_a_stack_to_every_option_and_back(stacks: Stacks, name: str) -> None:
    product = launched.repository().product(name)
    least, most = product.example("defaults"), product.example("full")
    group = {key: str(value) for key, value in least.spec.parameters.items() if key == "ModelGroup"}
    state = stacks.launch(product, least, f"{name} changed")
    for example in (most, least):
        request = stacks.request(product, example, f"{name} changed")
        state = stacks.update(product, state, replace(request, parameters={**request.parameters, **group}))
    stacks.remove(product, state)


@pytest.mark.parametrize("which", OLDER)
def test_a_launch_role_updates_the_stacks_of_every_earlier_release(stacks: Stacks, which: str) -> None:
    name, _, version = which.partition("@")
    product = launched.repository().product(name)
    release = next(each for each in load_releases(product) if each.version == version)
    for example in (product.example("defaults"), product.example("full")):
        word = f"{which} {example.name}"
        state = stacks.create(product, stacks.released(release, product, example, word))
        request = stacks.request(product, example, word)
        assert request.template != state.template
        stacks.remove(product, stacks.update(product, state, request))


def test_a_launch_role_that_lacks_a_statement_is_refused_in_awss_words(stacks: Stacks) -> None:
    product = launched.repository().product("inference-pipeline")
    account = stacks.account(product)
    iam = stacks.landscape.client("iam", account)
    given = {"RoleName": product.launch_role, "PolicyName": "product"}
    whole = iam.get_role_policy(**given)["PolicyDocument"]
    left = [each for each in whole["Statement"] if each["Sid"] != "PassRoleToLambda"]
    assert len(left) == len(whole["Statement"]) - 1
    iam.put_role_policy(**given, PolicyDocument=json.dumps({**whole, "Statement": left}))
    try:
        request = stacks.request(product, product.example("defaults"), "lacking")
        outcome = create_stack(request, stacks.around(product), NativeProvider())
    finally:
        iam.put_role_policy(**given, PolicyDocument=json.dumps(whole))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    session = f"arn:aws:sts::{account}:assumed-role/{product.launch_role}/servicecatalog"
    (reason, *_) = failures(outcome.events)
    assert f"User: {session} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::{account}:" in reason
    assert "because no identity-based policy allows the iam:PassRole action" in reason
    assert "(HandlerErrorCode: AccessDenied)" in reason
