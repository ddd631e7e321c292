"""cfn-lint with the house rules, on one rendered template. The rules are loaded once; see `crew.py` for where.

Findings are in lines of the rendered text: they depend on nothing but it, so they can be kept.
`check.py` maps them back.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfnlint.config import _DEFAULT_RULESDIR, ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.helpers import REGIONS
from cfnlint.match import Match
from cfnlint.rules import Rules
from cfnlint.runner.template import run_template_by_data

import harness.checks.rules
from harness.checks.house import HouseRule

# Stands in for .cfnlintrc of the home and working folders: an answer must not depend on who asks.
_CONFIG = Path(__file__).with_name("cfnlintrc.yaml")
_CONFIGURED = "E0003"  # cfn-lint's own id of what is wrong with its configuration
_METADATA = "E4002"  # and of what is wrong with Metadata


class _Config(ConfigMixIn):  # type: ignore[misc] # cfn-lint is not typed for us
    """The configuration without what a template says in its own Metadata: nobody is judge of himself."""

    def set_template_args(self, template: Any) -> None:
        """Keep nothing of it."""
        super().set_template_args({})


@dataclass(frozen=True, order=True)
class LintFinding:
    """What one rule found: `line` is 1-based, of the rendered template."""

    line: int
    rule: str
    problem: str
    remedy: str


def house_rules() -> Rules:
    """The rules of `harness.checks.rules` alone."""
    rules = Rules()
    for module in pkgutil.iter_modules(harness.checks.rules.__path__, "harness.checks.rules."):
        rules.update(Rules.create_from_module(module.name))
    return rules


def all_rules() -> Rules:
    """cfn-lint's own rules and ours. Takes about half a second with the imports."""
    rules = Rules.create_from_directory(_DEFAULT_RULESDIR)
    rules.update(house_rules())
    return rules


def lint(
    text: str, rules: Rules, regions: Sequence[str], settings: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[LintFinding, ...]:
    """Lint a rendered template for these regions, sorted by line.

    `settings`: rule id → the rule's own configuration, such as {"E9005": {"output": "FoundationVersion"}}.
    """
    unknown = [region for region in regions if region not in REGIONS]
    if unknown:
        told = f"cfn-lint knows no region {', '.join(unknown)}, so nothing can be linted"
        return (LintFinding(1, _CONFIGURED, told, "correct `regions` in catalog.yaml"),)
    template, unreadable = decode_str(text)
    if unreadable or template is None:
        return _findings(unreadable or ())
    if misplaced := tuple(_unreadable_metadata(template)):
        return misplaced
    config = _Config([], regions=list(regions), configure_rules=dict(settings or {}), config_file=str(_CONFIG))
    return _findings(run_template_by_data(template, config, rules))


def _unreadable_metadata(template: Any) -> Iterator[LintFinding]:
    """Where a resource's directives for cfn-lint would stand is something else, which stops cfn-lint with an error."""
    resources = template.get("Resources") if isinstance(template, dict) else None
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        here: Any = resource if isinstance(resource, dict) else {}
        for key in ("Metadata", "cfn-lint", "config"):
            here = here.get(key, {})
            if not isinstance(here, dict):
                told = f"{key} of resource {name} is no mapping"
                yield LintFinding(name.start_mark.line + 1, _METADATA, told, "write it as `name: value` pairs")
                break


def _findings(matches: Iterable[Match]) -> tuple[LintFinding, ...]:
    found = {LintFinding(each.linenumber, each.rule.id, each.message, _remedy(each.rule)) for each in matches}
    return tuple(sorted(found))


def _remedy(rule: Any) -> str:
    if isinstance(rule, HouseRule):
        return rule.remedy
    source = f"; {rule.source_url}" if rule.source_url else ""
    return f"cfn-lint: {rule.shortdesc}{source}"
