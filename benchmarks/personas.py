"""How long it takes to say what IAM could ever allow the five personas, of all actions, and to prove their duties.

`python benchmarks/personas.py [--rounds N]`; exit code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.catalog.load import load_repository
from harness.catalog.render import foundations, render_foundation, render_product
from harness.checks.duties.landscape import Landscape
from harness.checks.duties.problem import personas
from harness.checks.duties.proof import prove, stage_of
from harness.iam import reference
from harness.iam.possible import may

SWEEP, PROOF = 20.0, 5.0  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    repository = load_repository(Path(__file__).resolve().parent.parent)
    texts = {f"foundation/{name}": render_foundation(repository, name).text for name in foundations(repository.catalog)}
    texts |= {each.name: render_product(repository, each.name).text for each in repository.products}
    stage = stage_of(repository, texts)
    landscape = Landscape(stage)
    people = [who for _, who in personas(landscape)][:5]
    actions = sum(len(reference.names(service)) for service in reference.services())
    what = f"{actions} actions of {len(reference.services())} services; {len(stage.things)} resources"
    _say(f"{what}, {len(list(landscape.holders))} roles; {rounds} rounds, Python {platform.python_version()}")
    swept = _seconds(lambda: [may(who.principal, who.policies, who.known) for who in people], rounds)
    proved = _seconds(lambda: prove(stage_of(repository, texts)), rounds)
    held = True
    for name, seconds, target in (("sweep of the five personas", swept, SWEEP), ("proof of duties", proved, PROOF)):
        held = held and seconds <= target
        _say(f"{name:<30} {seconds:6.2f} s   target ≤ {target:g} s {'held' if seconds <= target else 'MISSED'}")
    return 0 if held else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _seconds(work: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
