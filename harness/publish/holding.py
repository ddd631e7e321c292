"""What a spoke has, lacks and uses in one region, as `import` reports it. Pure; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import Finding
from harness.publish.inventory import Provisioned
from harness.publish.spoke import AcceptShare, GrantPrincipal, ImportAction, SpokeAccount, SpokePlan, SpokeState


@dataclass(frozen=True)
class Holding:
    """`portfolios`: those that can be used there, each with the roles that may launch from it.

    `in_use`: (product, version, how many are provisioned), by the hub's names.
    """

    spoke: SpokeAccount
    region: str
    portfolios: tuple[tuple[str, tuple[str, ...]], ...]
    in_use: tuple[tuple[str, str, int], ...]
    lacks: tuple[Finding, ...]


def holding(
    plan: SpokePlan, state: SpokeState, done: Iterable[ImportAction], provisioned: Iterable[Provisioned]
) -> Holding:
    """From what was read before the import, and what the import has `done` since."""
    needs, done = plan.needs, tuple(done)
    usable = state.imported | {each.portfolio_id for each in done if isinstance(each, AcceptShare)}
    granted = {*state.principals, *((each.portfolio_id, each.arn) for each in done if isinstance(each, GrantPrincipal))}
    arns = {name: arn for name, arn in state.roles if name in needs.principal_roles}
    counted = Counter((each.product, each.version) for each in provisioned)
    return Holding(
        spoke=needs.spoke,
        region=needs.region,
        portfolios=tuple(
            (
                each.name,
                tuple(name for name, arn in arns.items() if each.shares_principals or (each.id, arn) in granted),
            )
            for each in needs.offered
            if each.id in usable
        ),
        in_use=tuple((product, version, count) for (product, version), count in sorted(counted.items())),
        lacks=plan.lacks,
    )
