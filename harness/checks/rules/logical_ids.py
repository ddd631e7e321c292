"""Rule E9007; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

LONGEST = 40  # characters; physical names are cut from it, and IAM's are 64 in all
_SHAPE = re.compile(r"[A-Z][A-Za-z0-9]*")
_KINDS = {"Parameters": "parameter", "Mappings": "mapping", "Conditions": "condition", "Resources": "resource"}


class LogicalIds(house.HouseRule):
    """A logical id says what the thing is to this template: `Domain`, `Bucket`, `ApproverRole`."""

    id = "E9007"
    shortdesc = "Logical ids are short and in capitals"
    description = (
        f"Names of parameters, mappings, conditions, resources and outputs: ApproverRole, {LONGEST} characters at most"
    )
    remedy = f"name it as in ApproverRole: a capital first, up to {LONGEST} letters and digits, no kind at its end"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Names of another shape, too long ones, and those that end in their kind (BucketResource)."""
        for part, kind in {**_KINDS, "Outputs": "output"}.items():
            content = cfn.template.get(part)
            for name in content if isinstance(content, dict) else ():
                text = str(name)
                if not _SHAPE.fullmatch(text):
                    yield house.broken([part, name], f"{kind} {text} is not named in capitals")
                elif len(text) > LONGEST:
                    yield house.broken([part, name], f"the name of {kind} {text} has {len(text)} characters")
                elif text.lower().endswith(kind):
                    yield house.broken([part, name], f"the name of {kind} {text} repeats that it is a {kind}")
