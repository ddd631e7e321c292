"""Rule E9050; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

_RULE_ID = re.compile(r"[EWI]\d{4}")


class ExceptionsReasoned(house.HouseRule):
    """Who silences a rule says why, at the resource, so that the next reader can judge whether it still holds."""

    id = "E9050"
    shortdesc = "Exceptions give their reason, at the resource"
    description = (
        "A silenced rule has a reason of at least three words in Metadata, Platform, Exceptions of the resource"
    )
    remedy = "silence a rule only at the resource, and give the reason: Metadata, Platform, Exceptions, <rule id>"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """cfn-lint directives for the whole template or without a reason; exceptions without one or without a rule."""
        if "cfn-lint" in house.section(cfn, "Metadata"):
            yield house.broken(["Metadata", "cfn-lint"], "rules are silenced for the whole template")
        for name, resource in house.section(cfn, "Resources").items():
            given = house.exceptions(resource)
            for rule in _silenced(resource):
                if rule not in given:
                    yield house.broken(
                        ["Resources", name, "Metadata", "cfn-lint"], f"{rule} is silenced without a reason"
                    )
            path: house.Path = ["Resources", name, "Metadata", "Platform", "Exceptions"]
            for rule, reason in given.items():
                reasons = list(reason.values()) if isinstance(reason, Mapping) else [reason]
                if not _RULE_ID.fullmatch(str(rule)):
                    yield house.broken([*path, rule], f"{rule} is not the id of a rule")
                elif not reasons or not all(house.is_reason(each) for each in reasons):
                    yield house.broken([*path, rule], f"the exception from {rule} gives no reason")


def _silenced(resource: Mapping[str, object]) -> list[str]:
    here: object = resource
    for key in ("Metadata", "cfn-lint", "config", "ignore_checks"):
        here = here.get(key) if isinstance(here, Mapping) else None
    if isinstance(here, str):
        return [here]
    # cfn-lint goes through a mapping as well, and takes its keys.
    return [str(each) for each in here] if isinstance(here, list | Mapping) else []
