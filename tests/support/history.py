"""A tiny product with a past: releases one after the other, and a draft that is to become the next."""

from __future__ import annotations

import hashlib
import json

from harness.catalog.contract import CONTRACT
from harness.catalog.release import MANIFEST, freeze
from harness.checks.alone import Alone, demand_step
from harness.checks.answers import Answers
from harness.checks.compare import Comparison
from harness.checks.updates import paths_to_draft
from harness.errors import KnownError
from tests.support.repository import TinyRepository

SOURCE = "products/demo/template.yaml.j2"
SPEC = "products/demo/product.yaml"
CHANGELOG = "products/demo/CHANGELOG.md"
README = "products/demo/README.md"
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: << product.title >> (<< product.id >>)
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - { Label: { default: Store }, Parameters: [Size, Owner] }
Parameters:
  Size:
    Type: String
    Default: small
    AllowedValues: [small, large]
    Description: How much it takes.
  Owner:
    Type: String
    Default: anna
    Description: Who keeps it.
Conditions:
  IsLarge: !Equals [!Ref Size, large]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: !Sub store-${AWS::AccountId}
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !Ref Owner
  Spare:
    Type: AWS::SNS::Topic
    Condition: IsLarge
Outputs:
  TopicArn:
    Value: !Ref Topic
  SpareArn:
    Condition: IsLarge
    Value: !Ref Spare
  ProductVersion:
    Value: << product.version >>
"""
_GROUND = "Resources:\n  Topic: { Type: AWS::SNS::Topic }\n"


class History:
    """The product `demo`: `edit` changes its template, `release` freezes it, `findings` says what is wrong with it."""

    def __init__(self, tiny: TinyRepository) -> None:
        self.tiny = tiny
        tiny.replace("catalog.yaml", "regions: [eu-west-1, eu-central-1]", "regions: [eu-west-1]")
        for name in ("hub", "spoke"):
            tiny.write(f"templates/foundation/{name}.yaml.j2", f"Description: {name}\n{_GROUND}")
        tiny.write(CONTRACT, "- { name: /platform/a, type: String, writer: demo, description: A. }\n")
        tiny.write(SOURCE, TEMPLATE)
        tiny.write("products/demo/examples/large.yaml", "description: Large.\nparameters: { Size: large }\n")
        self._version = "1.0.0"

    def edit(self, *changes: tuple[str, str], path: str = SOURCE) -> History:
        """Replace texts of the template, or of another file."""
        for old, new in changes:
            self.tiny.replace(path, old, new)
        return self

    def state(self, version: str) -> History:
        """Set the version, with an entry in the changelog."""
        self.tiny.replace(SPEC, f"version: {self._version}", f"version: {version}")
        text = (self.tiny.root / CHANGELOG).read_text(encoding="utf-8")
        self.tiny.write(CHANGELOG, f"{text}\n## {version}\n\n- Version {version}.\n")
        self._version = version
        return self

    def release(self) -> History:
        """Freeze the version without asking whether it may be."""
        repository = self.tiny.load()
        freeze(repository, repository.product("demo"))
        return self

    def findings(self) -> list[str]:
        """What `build.py release` says against the version; nothing where it may be released."""
        repository = self.tiny.load()
        try:
            demand_step(repository, self.alone(), repository.product("demo"))
        except KnownError as error:
            return [str(each) for each in error.findings]
        return []

    def comparisons(self) -> tuple[Comparison, ...]:
        """Every released version beside the draft, oldest first."""
        repository, alone = self.tiny.load(), self.alone()
        product = repository.product("demo")
        return alone.rehearse(paths_to_draft(repository, product, alone.rendering(product))).comparisons("demo")

    def alone(self) -> Alone:
        """What a command rehearses with."""
        answers = Answers(self.tiny.root)
        return Alone(self.tiny.load(), answers, answers.scan())

    def forget_examples(self) -> None:
        """Make the newest release one of those that recorded neither examples nor the launch role."""
        folder = self.tiny.root / f"products/demo/releases/{self._version}"
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        rest = {key: value for key, value in data.items() if key not in ("examples", "launch_policy", "seal")}
        seal = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
        (folder / MANIFEST).write_text(json.dumps({**rest, "seal": seal}), encoding="utf-8")
