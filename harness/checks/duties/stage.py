"""Everything that the library puts into accounts, all at once: the stage on which duties are separated, or are not.

Foundations in every account, every example of every product wherever it may be launched, in the stack engine with
nothing real behind; and each product once more with names that a launcher could choose to reach what somebody else may
change. It judges nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.catalog.load import LoadedExample, LoadedProduct, Repository, with_needs
from harness.catalog.model import Catalog, parameter_text
from harness.catalog.render import foundations
from harness.cfn.model import StackError
from harness.cfn.template import Parameter, parse_template
from harness.checks.duties.launches import Asked, Launches, Stood
from harness.checks.inputs import digest

_SIGNED_IN = {"SignIn": "account"}  # the widest of the choices: whoever the account lets
# "<product>", "<product>@<version>" (of a release, which may still be launched) or "foundation/<name>" → template
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Thing:
    """One resource as it stands. `unit`: product or "foundation/<name>"; `stack`: its stack's name."""

    unit: str
    account: str
    region: str
    stack: str
    logical_id: str
    type: str
    name: str  # what Ref gives
    attributes: Mapping[str, Any]
    properties: Mapping[str, Any]
    tags: Mapping[str, str]
    deletion_policy: str = "Delete"

    @cached_property
    def arn(self) -> str:
        """Its ARN, by its attributes or its kind."""
        for key, value in self.attributes.items():
            if key.rpartition(".")[2].endswith("Arn") and isinstance(value, str) and value.startswith("arn:"):
                return value
        if self.name.startswith("arn:"):
            return self.name
        form = _ARNS.get(self.type, "")
        return form.format(region=self.region, account=self.account, name=self.name)

    def __str__(self) -> str:
        return f"{self.type.rpartition('::')[2]} {self.name.rpartition(':')[2]} of {self.account}"


_ARNS = {
    "AWS::Budgets::Budget": "arn:aws:budgets::{account}:budget/{name}",
    "AWS::CloudWatch::Dashboard": "arn:aws:cloudwatch::{account}:dashboard/{name}",
    "AWS::CodeBuild::Project": "arn:aws:codebuild:{region}:{account}:project/{name}",
    "AWS::CodePipeline::Pipeline": "arn:aws:codepipeline:{region}:{account}:{name}",
    "AWS::EC2::SecurityGroup": "arn:aws:ec2:{region}:{account}:security-group/{name}",
    "AWS::EC2::SecurityGroupEgress": "arn:aws:ec2:{region}:{account}:security-group-rule/{name}",
    "AWS::EC2::SecurityGroupIngress": "arn:aws:ec2:{region}:{account}:security-group-rule/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SageMaker::NotebookInstance": "arn:aws:sagemaker:{region}:{account}:notebook-instance/{name}",
    "AWS::SageMaker::Pipeline": "arn:aws:sagemaker:{region}:{account}:pipeline/{name}",
    "AWS::Scheduler::Schedule": "arn:aws:scheduler:{region}:{account}:schedule/default/{name}",
    "AWS::SSM::Parameter": "arn:aws:ssm:{region}:{account}:parameter{name}",
}


@dataclass(frozen=True)
class Stage:
    """What stands in the landscape. `launchers`: product → personas that may launch it."""

    things: tuple[Thing, ...]
    launchers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    organization: str = ""
    hub: str = ""
    registry: str = ""
    spokes: tuple[str, ...] = ()
    # (unit, sentence) of each stack that did not come about, of which nothing can be said
    failures: tuple[tuple[str, str], ...] = ()

    def of(self, *types: str) -> Iterator[Thing]:
        """Every thing of those types."""
        return (each for kind in types for each in self._by_type.get(kind, ()))

    @cached_property
    def _by_type(self) -> dict[str, list[Thing]]:
        found: dict[str, list[Thing]] = {}
        for each in self.things:
            found.setdefault(each.type, []).append(each)
        return found


@dataclass(frozen=True)
class Outline:
    """A stage of which only is known which stacks stand there: enough to tell whether it was judged before."""

    stacks: tuple[tuple[str, Stood], ...]  # with the name of each
    region: str
    launchers: Mapping[str, frozenset[str]]
    organization: str
    hub: str
    registry: str
    spokes: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    launches: Launches = field(compare=False)

    @cached_property
    def sha256(self) -> str:
        """Digest of everything that the stage holds."""
        who = {product: sorted(personas) for product, personas in self.launchers.items()}
        places = [self.region, self.organization, self.hub, self.registry, self.spokes]
        return digest("stage", [each.sha256 for _, each in self.stacks], who, places, self.failures)

    @property
    def stage(self) -> Stage:
        """The stage."""
        things = tuple(
            _thing(stood, self.region, stack, row) for stack, stood in self.stacks for row in self.launches.rows(stood)
        )
        return Stage(things, self.launchers, self.organization, self.hub, self.registry, self.spokes, self.failures)


def _thing(stood: Stood, region: str, stack: str, row: list[Any]) -> Thing:
    logical_id, kind, name, attributes, properties, policy = row
    tags = tags_of(properties.get("Tags"))
    return Thing(stood.unit, stood.account, region, stack, logical_id, kind, name, attributes, properties, tags, policy)


def set_up(repository: Repository, texts: Texts, only: str = "") -> Stage:
    """The stage that `outline` is of, with nothing remembered."""
    return outline(repository, texts, Launches(), only).stage


def outline(repository: Repository, texts: Texts, launches: Launches, only: str = "") -> Outline:
    """Launches everything, in the home region. A text that is missing is left out, with what needs it.

    `only`: a product, of which just the account where its examples are tried is wanted, with what they need.
    """
    catalog = repository.catalog
    landscape = catalog.landscape
    builder = _Builder(repository, texts, launches)
    spokes = [(environment, account) for team in landscape.teams for environment, account in team.accounts.items()]
    bases = [
        (landscape.hub.account if name == "hub" else landscape.registry.account, name) for name in _central(catalog)
    ]
    bases += [(account, "spoke") for _, account in spokes]
    wanted = _trial(repository, repository.product(only)) if only else ""
    for account, name in bases:
        if name == "hub" or not only or account == wanted:
            builder.foundation(name, account)
    for product in _in_order(repository, only):
        places = (
            [landscape.registry.account]
            if product.for_registry
            else [account for environment, account in spokes if environment in product.spec.environments]
        )
        for account in [wanted] if only else places:
            tried = account == _trial(repository, product)
            # where it is not tried, the one with most in it stands for all; what refuses it does not stand there
            for example in product.examples if tried or not product.examples else [_fullest(product)]:
                builder.example(product, example, account, must=tried)
                builder.releases(product, example, account)
    return Outline(
        stacks=tuple(builder.stacks),
        region=catalog.home_region,
        launchers=_launchers(repository),
        organization=catalog.organization.id,
        hub=landscape.hub.account,
        registry=landscape.registry.account,
        spokes=tuple(account for _, account in spokes),
        failures=tuple(builder.failures),
        launches=launches,
    )


def _central(catalog: Catalog) -> list[str]:
    return [name for name in foundations(catalog) if name != "spoke"]


def _in_order(repository: Repository, only: str) -> list[LoadedProduct]:
    """Those to launch: all, or the one behind those that its examples need."""
    if not only:
        return list(repository.products)
    product = repository.product(only)
    pairs = [pair for example in product.examples for pair in with_needs(repository, product, example)]
    return list({each.name: each for each, _ in pairs}.values())


def with_chosen_names(known: Outline, repository: Repository, texts: Texts, beginnings: Iterable[str]) -> Outline:
    """The same with products that a launcher named to fall under what others may change.

    Each product's fullest example is launched with each free text replaced by each of `beginnings` and a letter, where
    the template lets that pass. A template that refuses is as good as one that was never asked.
    """
    builder = _Builder(repository, texts, known.launches)
    builder.take_over(known)
    for product in repository.products:
        if product.name not in texts or not product.examples:
            continue
        for parameter in _free_texts(texts[product.name], known.launches):
            for beginning in beginnings:
                before = len(builder.stacks)
                builder.example(product, _fullest(product), _trial(repository, product), {parameter: f"{beginning}x"})
                names = [name for _, each in builder.stacks[before:] for name in each.names]
                if not any(_last(each).startswith(beginning) for each in names):
                    del builder.stacks[before:]  # it names nothing: nothing new stands there
    return replace(known, stacks=(*known.stacks, *builder.stacks))


def _last(name: str) -> str:
    return re.split(r"[:/]", name)[-1]


def _fullest(product: LoadedProduct) -> LoadedExample:
    """The example that states most."""
    return max(product.examples, key=lambda each: len(each.spec.parameters))


def _trial(repository: Repository, product: LoadedProduct) -> str:
    """The account where its examples must be launchable."""
    if product.for_registry:
        return repository.catalog.landscape.registry.account
    accounts = repository.catalog.landscape.teams[0].accounts
    return next((each for name, each in accounts.items() if name == product.trial_environment), "") or next(
        iter(accounts.values())
    )


def _names(text: str, launches: Launches) -> list[str]:
    return launches.remembered("parameters", text, lambda: list(declared(text)))


def _free_texts(text: str, launches: Launches) -> list[str]:
    def find_out() -> list[str]:
        return [name for name, each in declared(text).items() if each.type == "String" and not each.allowed_values]

    return launches.remembered("free texts", text, find_out)


def declared(text: str) -> Mapping[str, Parameter]:
    """The template's parameters; none where CloudFormation refuses the whole text, which its launch tells."""
    try:
        return parse_template(text).parameters
    except StackError:
        return {}


def _launchers(repository: Repository) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for portfolio in repository.portfolios:
        for product in portfolio.products:
            found.setdefault(product, set()).update(portfolio.principals)
    return {product: frozenset(personas) for product, personas in found.items()}


class _Builder:
    """Launches one stack after the other; what one writes into SSM the next ones of its account read."""

    def __init__(self, repository: Repository, texts: Texts, launches: Launches) -> None:
        self._repository = repository
        self._texts = texts
        self._launches = launches
        self._region = repository.catalog.home_region
        self._ssm: dict[str, dict[str, str]] = {}
        self.stacks: list[tuple[str, Stood]] = []
        self.failures: list[tuple[str, str]] = []

    def take_over(self, known: Outline) -> None:
        """Begin with the parameters that stand on a stage."""
        for _, each in known.stacks:
            self._ssm.setdefault(each.account, {}).update(each.ssm)

    def foundation(self, name: str, account: str) -> None:
        text = self._texts.get(f"foundation/{name}")
        if text is not None:
            stack = f"StackSet-platform-{name}-1" if name == "spoke" else f"platform-{name}"
            known = _names(text, self._launches)
            signs_in = {key: value for key, value in _SIGNED_IN.items() if key in known}
            self._launch(f"foundation/{name}", text, stack, account, signs_in, must=True)

    def example(
        self,
        product: LoadedProduct,
        example: LoadedExample,
        account: str,
        chosen: Mapping[str, str] | None = None,
        must: bool = False,
    ) -> None:
        text = self._texts.get(product.name)
        if text is None:
            return
        given = {key: parameter_text(value) for key, value in example.spec.parameters.items()}
        word = "/".join([product.name, example.name, *(f"{key}={value}" for key, value in (chosen or {}).items())])
        stack = f"SC-{account}-pp-{thirteen(word)}"
        self._launch(product.name, text, stack, account, {**given, **(chosen or {})}, must=must)

    def releases(self, product: LoadedProduct, example: LoadedExample, account: str) -> None:
        """The example with every released template that says something else than the present one, as far as it fits."""
        for key, text in self._texts.items():
            name, _, version = key.partition("@")
            if name == product.name and version and text != self._texts.get(name):
                known = _names(text, self._launches)
                given = {
                    each: parameter_text(value) for each, value in example.spec.parameters.items() if each in known
                }
                stack = f"SC-{account}-pp-{thirteen(f'{key}/{example.name}')}"
                self._launch(product.name, text, stack, account, given, must=False)

    def _launch(
        self, unit: str, text: str, stack: str, account: str, parameters: Mapping[str, str], *, must: bool
    ) -> None:
        ssm = self._ssm.setdefault(account, {})
        stood = self._launches.stand(Asked(unit, text, stack, account, self._region, parameters), ssm)
        if not stood.reason:
            ssm.update(stood.ssm)
            self.stacks.append((stack, stood))
        elif must:
            self.failures.append((unit, f"{unit} does not stand in {account}: {stood.reason}"))


def tags_of(value: Any) -> dict[str, str]:
    """The tags that a property `Tags` says, a list or a mapping."""
    if isinstance(value, Mapping):
        return {str(key): str(each) for key, each in value.items()}
    pairs = value if isinstance(value, list) else []
    return {str(each["Key"]): str(each["Value"]) for each in pairs if isinstance(each, Mapping) and "Key" in each}


def thirteen(word: str) -> str:
    """The id of a provisioned product as Service Catalog makes it: 13 lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", hashlib.sha256(word.encode()).hexdigest())[:13]
