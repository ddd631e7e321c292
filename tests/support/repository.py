"""A tiny real repository for tests: the project's own catalog.yaml, one portfolio, one product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.catalog.load import Repository, load_repository

PROJECT = Path(__file__).resolve().parents[2]

PRODUCT = """\
name: demo
version: 1.0.0
title: Demo
summary: A topic.
"""

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: << product.title >> (<< product.id >>)
Parameters:
  Name:
    Type: String
    Default: demo
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !Ref Name
Outputs:
  TopicArn:
    Value: !Ref Topic
"""

PORTFOLIO = """\
portfolio: tiny
title: Tiny
description: One product.
products: [demo]
principals: [lead]
"""

CHANGELOG = """\
# Changes

## 1.0.0

- First version.
"""


@dataclass(frozen=True)
class TinyRepository:
    """Files under `root`; `write` and `replace` change them, `load` reads them as the harness does."""

    root: Path

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new))

    def load(self) -> Repository:
        return load_repository(self.root)


def tiny_repository(root: Path) -> TinyRepository:
    """One valid product in one valid portfolio under `root`."""
    tiny = TinyRepository(root)
    tiny.write("catalog.yaml", (PROJECT / "catalog.yaml").read_text(encoding="utf-8"))
    tiny.write("portfolios/tiny.yaml", PORTFOLIO)
    tiny.write("products/demo/product.yaml", PRODUCT)
    tiny.write("products/demo/template.yaml.j2", TEMPLATE)
    tiny.write("products/demo/CHANGELOG.md", CHANGELOG)
    tiny.write("products/demo/examples/defaults.yaml", "description: As it comes.\n")
    return tiny
