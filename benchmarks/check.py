"""How long `build.py check` takes, beside plain cfn-lint on the same rendered templates, in one run.

"lint" is as much of a check as cfn-lint does too (see `linting.py`), with many products, and is held against cfn-lint.
"check" is everything that a check proves, in the catalog as it stands with its releases, and is held against the clock:
cfn-lint proves little of that, and only shows what linting alone would take.

    python benchmarks/check.py [--products 20] [--rounds 5] [--json]

Whole processes, from start to exit. Each round measures every case once, ours and plain one after the other, so that a
busy moment of the machine meets both; the table shows medians. Exit code 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
COPIED = (
    "benchmarks",
    "build.py",
    "requirements.lock",
    "catalog.yaml",
    "harness",
    "portfolios",
    "products",
    "templates",
)
REGIONS = ("eu-west-1", "eu-central-1")
RIGHTS = "training-pipeline"  # whose roles are changed, so that duties are proved anew


@dataclass(frozen=True)
class Taken:
    """Seconds of a process: on the clock, and of all processors together (with its own children)."""

    clock: float
    processors: float


@dataclass
class Case:
    """One row: `limit` is of ours/plain, `seconds` of ours alone; None: no target."""

    name: str
    root: Path
    prepare: Callable[[], None]
    ours: list[str]
    plain: list[str]
    limit: float | None = None
    seconds: float | None = None
    times: list[tuple[Taken, Taken]] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float, float]:
        """Seconds on the clock of ours and of plain."""
        ours, plain = zip(*self.times, strict=True)
        return statistics.median(each.clock for each in ours), statistics.median(each.clock for each in plain)

    @property
    def processors(self) -> tuple[float, float]:
        """Seconds of processors of ours and of plain: what a busy machine distorts least."""
        ours, plain = zip(*self.times, strict=True)
        return statistics.median(each.processors for each in ours), statistics.median(each.processors for each in plain)

    @property
    def held(self) -> bool:
        """Whether the targets are met."""
        ours, plain = self.medians
        return (self.limit is None or ours <= self.limit * plain) and (self.seconds is None or ours <= self.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = measure(Path(folder), options.products, options.rounds)
    show(cases, options.products, options.rounds, as_json=options.json)
    return 0 if all(case.held for case in cases) else 1


def measure(folder: Path, products: int, rounds: int) -> list[Case]:
    """Every case, `rounds` times, in a copy of the repository as it stands and in one with that many products."""
    small, large = "studio-user-profile", "studio-domain"
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", *REGIONS, "--"]
    many = folder / "many"
    multiply(many, products)
    run([*launcher(many), "release"], many)
    templates = render(many, launcher(many))
    everything = [*lint, *map(str, sorted(templates.glob("*.yaml")))]
    ours = [sys.executable, str(many / "benchmarks" / "linting.py")]
    run(ours, many)
    cases = [
        Case("lint, from cold", many, lambda: forget(many), ours, everything, limit=0.75),
        Case(
            "lint, a small product changed", many, lambda: change(many, small), ours, one(lint, templates, small), 1.0
        ),
        Case(
            "lint, a large product changed", many, lambda: change(many, large), ours, one(lint, templates, large), 1.0
        ),
    ]
    catalog = folder / "catalog"
    copy(catalog)
    command = launcher(catalog)
    check = [*command, "check"]
    templates = render(catalog, command)
    everything = [*lint, *map(str, sorted(templates.glob("*.yaml")))]
    run(check, catalog)

    def checked(name: str, seconds: float, prepare: Callable[[], None], plain: list[str]) -> Case:
        return Case(f"check, {name}", catalog, prepare, check, plain, seconds=seconds)

    cases += [
        checked("from cold", 20.0, lambda: forget(catalog), everything),
        checked("nothing changed", 0.4, lambda: None, everything),
        checked("a small product changed", 5.0, lambda: change(catalog, small), one(lint, templates, small)),
        checked("a large product changed", 5.0, lambda: change(catalog, large), one(lint, templates, large)),
        checked(
            "a product's rights changed", 5.0, lambda: change_rights(catalog, RIGHTS), one(lint, templates, RIGHTS)
        ),
        Case("--help", catalog, lambda: None, [*command, "--help"], [lint[0], "--help"], seconds=0.15),
    ]
    for number in range(rounds):
        for case in cases:
            case.prepare()
            case.times.append((run(case.ours, case.root), run(case.plain, case.root)))
            print(f"round {number + 1} of {rounds}: {case.name}", file=sys.stderr)  # noqa: T201
    return cases


def copy(root: Path, *left_out: str) -> None:
    """A copy of the repository without folders of those names."""
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", *left_out))
        else:
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, root / name)


def multiply(root: Path, products: int) -> None:
    """A copy of the repository, not released, whose products stand there several times under other names."""
    copy(root, "releases")
    originals = sorted(path.name for path in (root / "products").iterdir() if path.is_dir())
    for number in range(products - len(originals)):
        original = originals[number % len(originals)]
        name = f"{original}-{number}"
        shutil.copytree(root / "products" / original, root / "products" / name)
        description = root / "products" / name / "product.yaml"
        text = re.sub(rf"^name: {original}$", f"name: {name}", description.read_text(), flags=re.MULTILINE)
        description.write_text(re.sub(r"^(title: .*)$", rf"\1 {number}", text, flags=re.MULTILINE))


def launcher(root: Path) -> list[str]:
    """build.py if this Python is of an environment that build.py made; else the command line behind it."""
    if (Path(sys.prefix) / "made-from").exists():
        return [sys.executable, str(root / "build.py")]
    return [sys.executable, "-m", "harness.cli"]


def render(root: Path, command: list[str]) -> Path:
    """All templates, as cfn-lint reads them."""
    folder = root.with_name(f"{root.name}-rendered")
    run([*command, "render", "--out", str(folder)], root)
    run([*command, "render", "--foundation", "--out", str(folder)], root)
    return folder


def one(lint: list[str], rendered: Path, product: str) -> list[str]:
    """cfn-lint on that product alone."""
    return [*lint, str(rendered / f"{product}.yaml")]


def forget(root: Path) -> None:
    """Everything that earlier runs kept."""
    shutil.rmtree(root / ".build" / "check", ignore_errors=True)


def change(root: Path, product: str) -> None:
    """Another description in the template: never one that was there before."""
    path = root / "products" / product / "template.yaml.j2"
    text = f"Description: Changed at {time.time_ns()}"
    path.write_text(re.sub(r"^Description: .*$", text, path.read_text(), flags=re.MULTILINE))


def change_rights(root: Path, product: str) -> None:
    """Another name for a statement of the product's roles: other policies stand there, which may do the same."""
    path = root / "products" / product / "template.yaml.j2"
    text, count = re.subn(r"\bSid: \w+", f"Sid: Changed{time.time_ns()}", path.read_text(), count=1)
    assert count, f"{path} has no statement with a Sid"
    path.write_text(text)


def run(command: list[str], root: Path) -> Taken:
    """What the process takes. Findings are welcome; a process that did not do its work is a fault."""
    environment = {**os.environ, "CATALOG_ROOT": str(root), "CATALOG_VENV": sys.prefix, "PYTHONPATH": str(root)}
    before = _processors()
    started = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    taken = Taken(time.perf_counter() - started, _processors() - before)
    if "cfn-lint" not in command[0] and (done.returncode not in (0, 1) or not done.stdout):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return taken


def _processors() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def show(cases: list[Case], products: int, rounds: int, *, as_json: bool) -> None:
    """The table, or the same as JSON."""
    rows = [(case, *case.medians) for case in cases]
    machine = (
        f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    if as_json:
        data = [
            {
                "case": case.name,
                "ours": round(ours, 3),
                "plain": round(plain, 3),
                "processors": [round(each, 3) for each in case.processors],
                "held": case.held,
            }
            for case, ours, plain in rows
        ]
        print(json.dumps({"format": 1, "machine": machine, "products": products, "rounds": rounds, "cases": data}))  # noqa: T201
        return
    print(f"lint: {products} products; check: the catalog; {len(REGIONS)} regions, {rounds} rounds; {machine}\n")  # noqa: T201
    print(f"{'case':<36}{'build.py':>8}{'cfn-lint':>10}{'ratio':>8}   {'processors of both':<21}target")  # noqa: T201
    for case, ours, plain in rows:
        processors = "{:.2f} s, {:.2f} s".format(*case.processors)
        limits = [f"ratio ≤ {case.limit}"] if case.limit else []
        target = ", ".join(limits + ([f"≤ {case.seconds} s"] if case.seconds else []))
        row = f"{case.name:<36}{ours:>7.2f}s{plain:>9.2f}s{ours / plain:>8.2f}   {processors:<21}"
        print(f"{row}{target} {'held' if case.held else 'missed'}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
