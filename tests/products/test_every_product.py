"""What holds for every product, beside what the house rules say of every template."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from harness.catalog.contract import read_contract
from harness.catalog.load import LoadedExample
from tests.products import launched
from tests.support.repository import PROJECT

NAMES = [product.name for product in launched.repository().products]


def test_the_contract_in_these_tests_is_the_contract() -> None:
    assert set(launched.CONTRACT) == {each.name for each in read_contract(PROJECT)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", ["template.yaml.j2", "launch-policy.yaml"])
def test_the_source_is_yaml_that_any_editor_opens(name: str, file: str) -> None:
    source = (launched.repository().product(name).folder / file).read_text(encoding="utf-8")
    assert yaml.compose(source) is not None


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_the_defaults_every_option_and_something_else(name: str) -> None:
    examples = {each.name: dict(each.spec.parameters) for each in launched.repository().product(name).examples}
    parameters = launched.template(name)["Parameters"]
    required = {key for key, parameter in parameters.items() if "Default" not in parameter}
    typed = {key for key, parameter in parameters.items() if not str(parameter["Type"]).startswith("AWS::SSM")}
    assert set(examples["defaults"]) == required
    assert set(examples["full"]) == typed
    assert len({str(sorted(given.items())) for given in examples.values()}) == len(examples) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_what_the_platform_knows_is_nobodys_choice(name: str) -> None:
    """CloudFormation compares the names of SSM parameters: one each, so that no other part of the contract fits."""
    for key, parameter in launched.template(name)["Parameters"].items():
        if str(parameter["Type"]).startswith("AWS::SSM"):
            assert parameter["AllowedValues"] == [parameter["Default"]], key


@pytest.mark.parametrize(
    ("name", "example"), launched.examples(), ids=[f"{name}-{each.name}" for name, each in launched.examples()]
)
def test_every_example_launches_on_the_contract(name: str, example: LoadedExample) -> None:
    state = launched.launch(name, example.spec.parameters)
    assert state.output("ProductVersion") == launched.repository().product(name).version
    assert all(output.value for output in state.outputs)


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_names_every_parameter_and_none_that_is_gone(name: str) -> None:
    readme = (launched.repository().product(name).folder / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    left_alone = "".join(re.findall(r"^Leave as they are.*?(?=\n\n|\Z)", readme, re.MULTILINE | re.DOTALL))
    named = set(re.findall(r"`([A-Z]\w+)`", "".join(rows) + left_alone))
    assert named == set(launched.template(name)["Parameters"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("heading", ["What it costs", "Launch", "Update", "Remove"])
def test_the_readme_answers_what_a_lead_asks(name: str, heading: str) -> None:
    readme = (launched.repository().product(name).folder / "README.md").read_text(encoding="utf-8")
    assert f"\n## {heading}\n" in readme


@pytest.mark.parametrize("name", NAMES)
def test_the_changelog_begins_with_the_version(name: str) -> None:
    product = launched.repository().product(name)
    changelog = (product.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)\]?", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == product.version


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_a_label_for_the_console(name: str) -> None:
    template = launched.template(name)
    labels = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterLabels"]
    assert set(labels) == set(template["Parameters"])


@pytest.mark.parametrize("name", NAMES)
def test_what_a_lead_types_has_a_working_default_or_stands_in_the_first_group(name: str) -> None:
    template = launched.template(name)
    first = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"][0]["Parameters"]
    required = [key for key, parameter in template["Parameters"].items() if "Default" not in parameter]
    assert set(required) <= set(first)


@pytest.mark.parametrize(
    ("name", "example"), launched.examples(), ids=[f"{name}-{each.name}" for name, each in launched.examples()]
)
def test_policies_keep_within_what_iam_holds(name: str, example: LoadedExample) -> None:
    """IAM quotas, spaces not counted: 10,240 characters inline a role in all, 6,144 a managed policy, 10 attached."""
    state = launched.launch(name, example.spec.parameters)
    for role in (each for each in state.resources if each.type == "AWS::IAM::Role"):
        own = role.ref or role.physical_id
        inline = [policy["PolicyDocument"] for policy in role.properties.get("Policies", ())]
        managed = []
        for each in state.resources:
            if each.type == "AWS::IAM::RolePolicy" and each.properties["RoleName"] == own:
                inline.append(each.properties["PolicyDocument"])
            if each.type == "AWS::IAM::ManagedPolicy" and own in each.properties.get("Roles", ()):
                managed.append(each.properties["PolicyDocument"])
        assert sum(_size(document) for document in inline) <= 10_240
        assert all(_size(document) <= 6_144 for document in managed)
        assert len(managed) <= 10


def _size(document: object) -> int:
    return len(json.dumps(document, separators=(",", ":")))
