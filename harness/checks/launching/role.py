"""A product's launch role as its file should say it: what is generated, and what a human added in product.yaml.

Renders the foundations and reads the product's files; decides nothing about rights itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.catalog import launchpolicy, yamlfile
from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.model import AddedRight
from harness.catalog.permissions import LAUNCH_ROLE, Permission, grants, statements_of
from harness.catalog.render import registry_foundation, render_foundation
from harness.catalog.yamlfile import YamlFile, read_text
from harness.cfn.model import StackError
from harness.checks.inputs import digest, text_digest
from harness.checks.launching.additions import added, wrong
from harness.checks.launching.generate import Ground, generate, standing
from harness.checks.launching.imagined import imagine
from harness.checks.launching.imaginings import Imagine, remembering, row
from harness.checks.launching.policyfile import as_text, fits, fitted, parsed, size
from harness.checks.launching.texts import all_texts, role_texts
from harness.checks.memory import Memory, remembered
from harness.errors import Finding, Place
from harness.iam import UnreadablePolicyError

OUTGROWN = "E9092"
_ROOM = f"IAM takes {launchpolicy.INLINE:,} inline and {launchpolicy.MANAGED:,} in a policy beside"


@dataclass(frozen=True)
class Role:
    """`text`: the file; `findings`: what is wrong with what a human added, or with the whole."""

    text: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Question:
    """All that a role follows from. `templates`: of the product and its releases; `stands`: the file as it is."""

    product: str
    path: str
    templates: Mapping[str, str]
    ground: Ground
    adds: Sequence[AddedRight]
    file: YamlFile
    stands: str

    def sha256(self, memory: Memory | None, judges: str) -> str:
        """Digest of all that the answer depends on: of the ground only what stands there, however it is written.

        `judges`: digest of all code and packages.
        """
        ground = remembered(
            memory,
            digest("ground", judges, self.ground.account, _digests(self.ground)),
            lambda: _stands(self.ground, remembering(memory, judges)),
        )
        templates = [[name, text_digest(text)] for name, text in self.templates.items()]
        lines = [[list(at), line] for at, line in self.file.lines.items() if at[:1] == ("launch_role",)]
        adds = [[each.model_dump(mode="json") for each in self.adds], lines]
        return digest("launch role", judges, self.product, templates, [self.ground.account, ground], adds, self.stands)

    def role(self, imagining: Imagine = imagine) -> Role:
        """The role as it should be. Raises StackError where a text is no template."""
        generated = generate(self.templates, self.ground, imagining)
        findings = [replace(each, rule=OUTGROWN) for each in wrong(self.adds, generated, self.file)]
        statements = fitted(generated, added(self.adds))
        if not fits(statements):
            problem = f"the launch role has {size(statements):,} characters; {_ROOM}"
            findings.append(Finding(Place(self.path), problem, "make two products of it", OUTGROWN))
        return Role(as_text(self.product, statements), tuple(findings))

    def findings(self, imagining: Imagine = imagine) -> list[Finding]:
        """What is wrong with the file that stands there, or with what was added."""
        try:
            role = self.role(imagining)
        except (StackError, UnreadablePolicyError):
            return []  # a template that CloudFormation refuses is told by its rehearsal, a policy by the proofs
        return [*role.findings, *self._differences(role)]

    def _differences(self, role: Role) -> Iterator[Finding]:
        if self.stands == role.text:
            return
        pairs = itertools.zip_longest(self.stands.splitlines(), role.text.splitlines())
        line = next((at for at, pair in enumerate(pairs, 1) if pair[0] != pair[1]), 1)
        place = Place(self.path, line if self.stands else 0)
        stands, should = permissions(self.stands), permissions(role.text)
        run = f"run `build.py roles {self.product}`"
        if should - stands:
            problem = f"the template outgrew its launch role, which lacks: {_told(should - stands)}"
            yield Finding(
                place, problem, f"{run}, and deploy the foundations before the product is published", OUTGROWN
            )
        if stands - should:
            problem = f"the launch role has what no template takes: {_told(stands - should)}"
            remedy = f"{run}; what no template tells is added, with its reason, under launch_role in product.yaml"
            yield Finding(place, problem, remedy, OUTGROWN)
        if stands == should:
            yield Finding(place, "the launch role is not as it is generated", run, OUTGROWN)


def question_of(repository: Repository, product: LoadedProduct, texts: Mapping[str, str]) -> Question:
    """What the role of a product follows from.

    `texts`: the templates of the working tree by name. Foundations that are not among them ("foundation/<name>") are
    rendered without launch roles, for those may not be there yet; KnownError where they do not render.
    """
    used = role_texts(product.name, all_texts(repository, texts))
    own = {name: text for name, text in used.items() if name.partition("@")[0] == product.name}
    others = {name: text for name, text in used.items() if name not in own}
    path = repository.root / product.launch_policy_path
    return Question(
        product.name,
        product.launch_policy_path,
        _different(own),
        _ground(repository, product, texts, _different(others)),
        product.spec.launch_role.adds,
        yamlfile.read(repository.root, product.folder / "product.yaml"),
        read_text(repository.root, path) if path.is_file() else "",
    )


def _digests(ground: Ground) -> list[list[str]]:
    """Of each template, in the order in which they are launched."""
    foundations = [[unit, account, text_digest(text)] for unit, (account, text) in ground.foundations.items()]
    return foundations + [[unit, text_digest(text)] for unit, text in ground.others.items()]


def _stands(ground: Ground, imagining: Imagine) -> str:
    """Digest of what stands on it; the same for all of which a template is refused, for then nothing is asked."""
    try:
        return digest([[row(one), row(other)] for one, other in standing(ground, imagining)])
    except StackError:
        return "refused"


def permissions(text: str) -> frozenset[Permission]:
    """Every single permission of a launch policy; none where it is no list of statements."""
    return frozenset(statements_of(LAUNCH_ROLE, parsed(text)))


def _told(found: frozenset[Permission]) -> str:
    first, *more = grants(found)
    return f"{first}, and {len(more)} more" if more else str(first)


def _different(texts: Mapping[str, str]) -> dict[str, str]:
    """Each text once: a release is often what the working tree renders."""
    first = {text: name for name, text in reversed(list(texts.items()))}
    return {name: text for name, text in texts.items() if first[text] == name}


def _ground(
    repository: Repository, product: LoadedProduct, texts: Mapping[str, str], others: Mapping[str, str]
) -> Ground:
    bare = replace(repository, products=(), portfolios=())
    hub = repository.catalog.landscape.hub.account
    base = registry_foundation(repository.catalog) if product.for_registry else "spoke"
    foundation = {
        name: texts[key] if (key := f"foundation/{name}") in texts else render_foundation(bare, name).text
        for name in ("hub", base)
    }
    ground = Ground({"foundation/hub": (hub, foundation["hub"])}, others)
    if base == "hub":
        return replace(ground, account=hub)
    launching = (ground.account, foundation[base])
    return replace(ground, foundations={**ground.foundations, f"foundation/{base}": launching})
