"""Reads the whole repository, checked against itself: catalog.yaml, portfolios, products and their examples."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from harness.catalog import yamlfile
from harness.catalog.model import REGISTRAR, SLUG, Catalog, Example, Portfolio, Product, Support
from harness.errors import Finding, KnownError, Place, known_error

T = TypeVar("T")


@dataclass(frozen=True)
class LoadedExample:
    """One examples/*.yaml: `name` is the file's stem, `path` relative to the repository root."""

    name: str
    path: str
    spec: Example
    source: yamlfile.YamlFile


@dataclass(frozen=True)
class LoadedProduct:
    """A product's folder. What product.yaml is silent about is filled in: owner, support, launch role."""

    spec: Product
    folder: Path  # absolute
    path: str  # "products/<name>"
    owner: str
    support: Support | None
    launch_role: str
    id: str  # "<catalog>/<name> <version>"
    examples: tuple[LoadedExample, ...]

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def version(self) -> str:
        return self.spec.version

    @property
    def title(self) -> str:
        return self.spec.title

    @property
    def summary(self) -> str:
        return self.spec.summary

    @property
    def description(self) -> str:
        return self.spec.description

    @property
    def tags(self) -> dict[str, str]:
        return self.spec.tags

    @property
    def template_path(self) -> str:
        """The template's source, relative to the repository root."""
        return f"{self.path}/template.yaml.j2"

    @property
    def launch_policy_path(self) -> str:
        """The statements of its launch role, relative to the repository root."""
        return f"{self.path}/launch-policy.yaml"

    @property
    def for_registry(self) -> bool:
        """Whether it is launched in the account of the model registry, and not in a team's."""
        return self.spec.audience == (REGISTRAR,)

    @property
    def trial_environment(self) -> str:
        """Where its examples are tried: dev, where every option is allowed, if it may be launched there at all."""
        return "dev" if "dev" in self.spec.environments else self.spec.environments[0]

    def example(self, name: str) -> LoadedExample:
        """The example of that name. Raises KnownError that lists those there are."""
        for each in self.examples:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.examples) or "none"
        raise known_error(f"{self.path}/examples", f"no example '{name}'", f"there are: {known}")


@dataclass(frozen=True)
class Repository:
    """Everything that the repository says, validated."""

    root: Path
    catalog: Catalog
    portfolios: tuple[Portfolio, ...]
    products: tuple[LoadedProduct, ...]  # sorted by name

    def product(self, name: str) -> LoadedProduct:
        """The product of that name. Raises KnownError that lists those there are."""
        for each in self.products:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.products) or "none"
        raise known_error("products", f"no product '{name}'", f"there are: {known}")

    def select(self, names: Iterable[str]) -> tuple[LoadedProduct, ...]:
        """Those products, or all where none is named."""
        chosen = tuple(self.product(name) for name in dict.fromkeys(names))
        return chosen or self.products


def with_needs(
    repository: Repository, product: LoadedProduct, example: LoadedExample
) -> tuple[tuple[LoadedProduct, LoadedExample], ...]:
    """The example behind those that it needs, each once, in the order of launch. Raises KnownError for a circle."""
    ordered: dict[str, tuple[LoadedProduct, LoadedExample]] = {}
    waiting: list[str] = []

    def visit(product: LoadedProduct, example: LoadedExample) -> None:
        key = f"{product.name}/{example.name}"
        if key in waiting:
            circle = " → ".join([*waiting[waiting.index(key) :], key])
            place = example.source.place("needs")
            raise known_error(place, f"examples need each other: {circle}", "take one `needs` out")
        if key in ordered:
            return
        waiting.append(key)
        for needed in example.spec.needs:
            other, _, name = needed.partition("/")
            visit(repository.product(other), repository.product(other).example(name))
        waiting.pop()
        ordered[key] = (product, example)

    visit(product, example)
    return tuple(ordered.values())


def load_repository(root: Path) -> Repository:
    """The repository under `root` (absolute). Raises KnownError with every mistake of every file."""
    mistakes = _Mistakes()
    catalog = mistakes.collect(lambda: _load_catalog(root))
    portfolios = mistakes.collect_all(
        functools.partial(_load_portfolio, root), sorted((root / "portfolios").glob("*.yaml"))
    )
    products = mistakes.collect_all(
        functools.partial(_load_product, root, catalog),
        sorted(each for each in (root / "products").glob("[!.]*") if each.is_dir() and _holds_files(each)),
    )
    mistakes.findings += _overlooked(root)
    mistakes.findings += _names_taken_twice(products)
    if not mistakes.findings:  # a product that could not be read is not unknown
        mistakes.findings += _unknown_names(portfolios, products)
    if mistakes.findings or catalog is None:
        raise KnownError(*mistakes.findings)
    return Repository(
        root=root,
        catalog=catalog,
        portfolios=tuple(portfolio for portfolio, _ in portfolios),
        products=tuple(sorted((product for product, _ in products), key=lambda each: each.name)),
    )


def _holds_files(folder: Path) -> bool:
    """Whether there is more than empty folders and caches, which is what git leaves of a product of another branch."""
    files = (each for entry in folder.iterdir() for each in (entry, *entry.rglob("*")) if each.is_file())
    return any("__pycache__" not in each.parts for each in files)


@dataclass
class _Mistakes:
    """Gathers findings, so that one run tells all that is wrong."""

    findings: list[Finding] = field(default_factory=list)

    def collect(self, load: Callable[[], T]) -> T | None:
        try:
            return load()
        except KnownError as error:
            self.findings += error.findings
            return None

    def collect_all(self, load: Callable[[Path], T], paths: Iterable[Path]) -> list[T]:
        loaded = (self.collect(functools.partial(load, path)) for path in paths)
        return [each for each in loaded if each is not None]


def _load_catalog(root: Path) -> Catalog:
    return yamlfile.validate(yamlfile.read(root, root / "catalog.yaml"), Catalog)


def _load_portfolio(root: Path, path: Path) -> tuple[Portfolio, yamlfile.YamlFile]:
    file = yamlfile.read(root, path)
    portfolio = yamlfile.validate(file, Portfolio)
    if portfolio.portfolio != path.stem:
        raise known_error(
            file.place("portfolio"),
            f"portfolio '{portfolio.portfolio}' stands in {path.name}",
            f"rename the file to {portfolio.portfolio}.yaml, or the portfolio to {path.stem}",
        )
    return portfolio, file


def _load_product(root: Path, catalog: Catalog | None, folder: Path) -> tuple[LoadedProduct, yamlfile.YamlFile]:
    relative = folder.relative_to(root).as_posix()
    if not (folder / "product.yaml").exists():
        raise known_error(
            f"{relative}/product.yaml", "the file is missing", f"write it, or remove {relative} if that is no product"
        )
    file = yamlfile.read(root, folder / "product.yaml")
    spec = yamlfile.validate(file, Product)
    if not (folder / "template.yaml.j2").is_file():
        raise known_error(
            f"{relative}/template.yaml.j2",
            f"product {spec.name} has no template",
            "write one; `build.py new NAME` shows the shape",
        )
    unreleased = [each for each in spec.withdrawn if not (folder / "releases" / each).is_dir()]
    if unreleased:
        remedy = "name versions that stand in releases/"
        raise KnownError(
            *(Finding(file.place("withdrawn", each), f"version {each} is not released", remedy) for each in unreleased)
        )
    examples = load_examples(root, folder / "examples")
    loaded = LoadedProduct(
        spec=spec,
        folder=folder,
        path=relative,
        # Without a catalog the load fails in any case; the product is read only for its own mistakes.
        owner=spec.owner or (catalog.owner if catalog else ""),
        support=spec.support or (catalog.support if catalog else None),
        launch_role=spec.launch_role.name or f"platform-launch-{spec.name}",
        id=f"{catalog.catalog if catalog else ''}/{spec.name} {spec.version}",
        examples=examples,
    )
    return loaded, file


def load_examples(root: Path, folder: Path) -> tuple[LoadedExample, ...]:
    """The examples of a folder, by name; none where there is no such folder. Raises KnownError for a bad one."""
    return tuple(_load_example(root, path) for path in sorted(folder.glob("*.yaml")))


def _load_example(root: Path, path: Path) -> LoadedExample:
    if not re.fullmatch(SLUG, path.stem):
        problem = f"'{path.stem}' is not a name in lower case with single dashes"
        place = Place(path.relative_to(root).as_posix())
        raise known_error(place, problem, "rename the file, as in long-retention.yaml")
    file = yamlfile.read(root, path)
    return LoadedExample(path.stem, path.relative_to(root).as_posix(), yamlfile.validate(file, Example), file)


def _overlooked(root: Path) -> list[Finding]:
    """Files that somebody meant to be read, and that would not be."""
    yml = [*root.glob("portfolios/*.yml"), *root.glob("products/*/examples/*.yml")]
    lost = [each for each in root.glob("products/*") if each.is_symlink() and not each.exists()]
    return [
        Finding(Place(path.relative_to(root).as_posix()), problem, remedy)
        for paths, problem, remedy in (
            (yml, "not read: its name ends in .yml", "rename it to .yaml"),
            (lost, "not read: a link that leads nowhere", "correct where it leads, or remove it"),
        )
        for path in sorted(paths)
    ]


def _names_taken_twice(products: list[tuple[LoadedProduct, yamlfile.YamlFile]]) -> list[Finding]:
    """Two products of one name or title, or one whose folder is called otherwise (the name is the folder's).

    A lead sees titles alone, and finds a product by it.
    """
    findings = []
    first: dict[str, LoadedProduct] = {}
    titles: dict[str, LoadedProduct] = {}
    for product, file in products:
        earlier = first.setdefault(product.name, product)
        if earlier is not product:
            problem = f"product name '{product.name}' is taken by {earlier.path}"
            findings.append(Finding(file.place("name"), problem, "give each product a name of its own"))
        elif product.name != product.folder.name and not (product.folder.parent / product.name).is_dir():
            problem = f"product '{product.name}' stands in folder {product.path}"
            findings.append(Finding(file.place("name"), problem, f"rename the folder to products/{product.name}"))
        titled = titles.setdefault(product.title, product)
        if titled is not product and earlier is product:
            problem = f"title '{product.title}' is taken by {titled.path}"
            findings.append(Finding(file.place("title"), problem, "give each product a title of its own"))
    return findings


def _unknown_names(
    portfolios: list[tuple[Portfolio, yamlfile.YamlFile]],
    products: list[tuple[LoadedProduct, yamlfile.YamlFile]],
) -> list[Finding]:
    """Names in portfolios and examples that lead nowhere: to no product, to no example, to nobody who may launch."""
    findings = []
    known = sorted(product.name for product, _ in products)
    for portfolio, file in portfolios:
        places = [(name, file.place("products", index)) for index, name in enumerate(portfolio.products)]
        places += [(name, file.place("launch_constraints", name)) for name in portfolio.launch_constraints]
        findings += [
            Finding(
                place,
                f"portfolio {portfolio.portfolio} names an unknown product '{name}'",
                _hint(name, known),
            )
            for name, place in places
            if name not in known
        ]
        findings += [
            Finding(
                file.place("launch_constraints", name),
                f"portfolio {portfolio.portfolio} has a launch constraint for '{name}', which it does not offer",
                "add the product to it, or remove the constraint",
            )
            for name in portfolio.launch_constraints
            if name in known and name not in portfolio.products
        ]
        audiences = {product.name: product.spec.audience for product, _ in products}
        findings += [
            Finding(
                file.place("products", index),
                f"portfolio {portfolio.portfolio} offers '{name}' to none of those it is made for",
                f"grant it to {' or '.join(audiences[name])} (principals), or change the product's audience",
            )
            for index, name in enumerate(portfolio.products)
            if name in known and not set(audiences[name]) & set(portfolio.principals)
        ]
    examples = sorted(f"{product.name}/{each.name}" for product, _ in products for each in product.examples)
    for product, _ in products:
        for example in product.examples:
            findings += [
                Finding(example.source.place("needs", index), f"no example '{needed}'", _hint(needed, examples))
                for index, needed in enumerate(example.spec.needs)
                if needed not in examples
            ]
    return findings


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known) or 'none'}"
