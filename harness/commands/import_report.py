"""What `build.py import` says of the spokes: rows of a table, and the same as JSON data."""

from __future__ import annotations

from typing import Any

from harness import console
from harness.publish.holding import Holding

COLUMNS = ("Account", "Team", "Region", "Portfolios", "In use", "Lacks")


def row(each: Holding) -> tuple[str, ...]:
    """One spoke in one region; what it lacks as a number, for the findings follow."""
    portfolios = ", ".join(f"{name} ({', '.join(roles) or 'granted to nobody'})" for name, roles in each.portfolios)
    in_use = ", ".join(f"{product} {version} × {count}" for product, version, count in each.in_use)
    spoke = each.spoke
    team = spoke.team if spoke.team == spoke.environment else f"{spoke.team} {spoke.environment}"
    return (
        spoke.account,
        team,
        each.region,
        portfolios or "none",
        in_use or "nothing",
        str(len(each.lacks) or "nothing"),
    )


def as_json(each: Holding) -> dict[str, Any]:
    """One spoke in one region."""
    return {
        "account": each.spoke.account,
        "team": each.spoke.team,
        "environment": each.spoke.environment,
        "region": each.region,
        "portfolios": [{"portfolio": name, "roles": list(roles)} for name, roles in each.portfolios],
        "in_use": [{"product": product, "version": version, "count": count} for product, version, count in each.in_use],
        "lacks": [console.finding_json(finding) for finding in each.lacks],
    }
