"""Which questions a check asks of one repository: what to lint with which settings, what to launch after what.

Pure: rendered templates in, jobs out. A job's key holds everything that its answer depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from harness.catalog.load import LoadedExample, LoadedProduct, Repository, load_examples
from harness.catalog.model import parameter_text
from harness.catalog.render import additions, foundations, registry_foundation
from harness.checks.inputs import Inputs, digest
from harness.checks.jobs import Given, Launch, LintJob, RehearsalJob, Subject
from harness.checks.renderings import Rendering
from harness.checks.report import FOUNDATION

# Whose change may change what a rehearsal says.
_JUDGES = (
    "harness/cfn/", "harness/checks/", "harness/commands/check.py", "harness/documents/", "harness/iam/",
    "harness/pipelines/",
)  # fmt: skip
VERSION_OUTPUT = {False: "ProductVersion", True: "FoundationVersion"}


@dataclass(frozen=True)
class Scene:
    """One launch to rehearse in one region.

    `name`: "foundation/spoke", "foundation/spoke/prod", "foundation/pipeline/<example>" or "<product>/<example>".
    """

    name: str
    region: str
    unit: str
    rendered: Rendering
    parameters: Mapping[str, str]
    account_id: str
    after: tuple[tuple[str, str], ...]  # (name, region) of those that must have succeeded
    example: LoadedExample | None = None

    @property
    def id(self) -> tuple[str, str]:
        """What `after` of others names it by."""
        return (self.name, self.region)


def lint_job(rendered: Rendering, repository: Repository, contract: Iterable[str], inputs: Inputs) -> LintJob:
    """The question to cfn-lint and the house rules."""
    is_foundation = rendered.path.startswith("templates/foundation/")
    settings: dict[str, dict[str, Any]] = {
        "E9005": {"output": VERSION_OUTPUT[is_foundation]},
        "E9030": {"contract": sorted(contract)},
    }
    regions = repository.catalog.regions
    key = digest("lint", rendered.path, rendered.sha256, regions, settings, inputs.under("harness/checks/"))
    return LintJob(key, rendered.text, regions, settings)


def rehearsal_job(scene: Scene, given: Given, inputs: Inputs, root: str, memory: str = "") -> RehearsalJob:
    """The question to the stack engine, once it is known what the scenes before have left.

    `root`: the repository; `memory`: see `jobs.Subject`.
    """
    launch = Launch(
        stack=f"rehearsal-{scene.name.replace('/', '-')}",
        template=scene.rendered.text,
        parameters=scene.parameters,
        account_id=scene.account_id,
        region=scene.region,
        given=given,
    )
    engine = inputs.under(*_JUDGES)
    events = f"products/{scene.unit}/events/"
    samples = {PurePosixPath(path).stem: path for path in inputs.files if scene.example and path.startswith(events)}
    example = scene.example.name if scene.example else ""
    subject = Subject(root, scene.rendered.code, samples, example, inputs.under("harness/"), memory)
    key = digest(
        "rehearsal",
        scene.rendered.sha256,
        [launch.stack, dict(launch.parameters), launch.account_id, launch.region],
        [dict(given.ssm), dict(given.exports), dict(given.roles), dict(given.boundaries)],
        inputs.under(events),
        engine,
    )
    return RehearsalJob(key, launch, subject)


def scenes(repository: Repository, rendered: Mapping[str, Rendering], wanted: Iterable[LoadedProduct]) -> list[Scene]:
    """Every launch that proves the wanted products, those that they need, and the foundations, in every region.

    `rendered`: by unit, "<product>" or "foundation/<name>"; what did not render is left out, with all that needs it.
    """
    found: dict[tuple[str, str], Scene] = {}
    for region in repository.catalog.regions:
        for name in foundations(repository.catalog):
            _add_foundation(found, repository, rendered, name, region, "dev")
        for product in wanted:
            for example in product.examples:
                _add(found, repository, rendered, product, example, region)
    for name in additions(repository.root):
        _add_addition(found, repository, rendered, name)
    return list(found.values())


def _add_addition(
    found: dict[tuple[str, str], Scene], repository: Repository, rendered: Mapping[str, Rendering], name: str
) -> None:
    """What an operator may deploy besides, in the hub's home region: each of its examples, after the foundation.

    Without examples it is launched by its defaults, so that nothing that can be deployed goes unrehearsed.
    """
    unit, home = f"{FOUNDATION}/{name}", repository.catalog.home_region
    if unit not in rendered:
        return
    examples = load_examples(repository.root, repository.root / f"templates/foundation/examples/{name}")
    chosen = {f"{unit}/{each.name}": each.spec.parameters for each in examples} or {unit: {}}
    for scene_name, parameters in chosen.items():
        found[scene_name, home] = Scene(
            name=scene_name,
            region=home,
            unit=FOUNDATION,
            rendered=rendered[unit],
            parameters={key: parameter_text(value) for key, value in parameters.items()},
            account_id=_account(repository, "hub", ""),
            after=((f"{FOUNDATION}/hub", home),),
        )


def _add_foundation(
    found: dict[tuple[str, str], Scene],
    repository: Repository,
    rendered: Mapping[str, Rendering],
    foundation: str,
    region: str,
    environment: str,
) -> str:
    """The foundation of an account of that environment; gives the name of its scene, which others come after."""
    unit = f"{FOUNDATION}/{foundation}"
    account = _account(repository, foundation, environment)
    name = unit if account == _account(repository, foundation, "dev") else f"{unit}/{environment}"
    if unit in rendered and (name, region) not in found:
        found[name, region] = Scene(name, region, FOUNDATION, rendered[unit], {}, account, ())
    return name


def _add(
    found: dict[tuple[str, str], Scene],
    repository: Repository,
    rendered: Mapping[str, Rendering],
    product: LoadedProduct,
    example: LoadedExample,
    region: str,
) -> None:
    name = f"{product.name}/{example.name}"
    if (name, region) in found or product.name not in rendered:
        return
    foundation = registry_foundation(repository.catalog) if product.for_registry else "spoke"
    base = _add_foundation(found, repository, rendered, foundation, region, product.trial_environment)
    after = [(base, region), *((needed, region) for needed in example.spec.needs)]
    found[name, region] = Scene(
        name=name,
        region=region,
        unit=product.name,
        rendered=rendered[product.name],
        parameters={key: parameter_text(value) for key, value in example.spec.parameters.items()},
        account_id=_account(repository, foundation, product.trial_environment),
        after=tuple(after),
        example=example,
    )
    for needed in example.spec.needs:
        other, _, its_example = needed.partition("/")
        needed_product = repository.product(other)
        _add(found, repository, rendered, needed_product, needed_product.example(its_example), region)


def _account(repository: Repository, foundation: str, environment: str) -> str:
    """An account that has that foundation; of the spokes, the first team's of that environment."""
    landscape = repository.catalog.landscape
    if foundation == "hub":
        return landscape.hub.account
    if foundation == "registry":
        return landscape.registry.account
    accounts = landscape.teams[0].accounts
    return next((number for name, number in accounts.items() if name == environment), next(iter(accounts.values())))
