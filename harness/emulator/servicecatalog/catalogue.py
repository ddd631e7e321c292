"""The catalogue as a launcher sees it: only what the caller's principal reaches, and the paths by which it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harness.emulator import clock
from harness.emulator.servicecatalog import access, artifacts, constraints, ids, sources, tagoptions, templates, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, ResourceNotFound
from harness.emulator.servicecatalog.model import Artifact, Constraint, Product
from harness.emulator.servicecatalog.paging import page
from harness.emulator.servicecatalog.products import fits, in_order


@dataclass(frozen=True)
class Path:
    """A way to launch a product: the portfolio that offers it to the caller, and what holds there."""

    id: str
    name: str
    offer: access.Offer
    constraints: tuple[Constraint, ...]

    def versions(self) -> list[Artifact]:
        """The versions that a launcher sees: active ones that are ready."""
        found = self.offer.home.versions(self.offer.product.id)
        return [each for each in found if each.active and clock.reached(each.ready)]


def paths(call: Call, product_id: str | None = None) -> list[Path]:
    """The launch paths that are open to the caller, of one product or of all."""
    return [
        _path(call, offer)
        for reached in access.reachable(call)
        if access.may_use(call, reached)
        for offer in access.offers(reached)
        if product_id in (None, offer.product.id) and clock.reached(offer.product.ready)
    ]


def choose_path(call: Call, product: Product) -> Path:
    """The path that PathId or PathName names, or the only one. Raises ResourceNotFound or InvalidParameters."""
    path_id, path_name = call.get("PathId"), call.get("PathName")
    if path_id and path_name:
        raise InvalidParameters("Give PathId or PathName, but not both.")
    found = paths(call, product.id)
    named = [each for each in found if (each.id == path_id if path_id else path_name is None or each.name == path_name)]
    if not named:
        raise ResourceNotFound(f"Launch path not found: {path_id or path_name or product.id}")
    if len(named) > 1:
        raise InvalidParameters(f"Product {product.id} has {len(named)} launch paths: PathId is required.")
    return named[0]


def launchable(call: Call, identifier: str | None, name: str | None) -> Product:
    """A product that the caller may launch, by id or by name. Raises ResourceNotFound or InvalidParameters."""
    if bool(identifier) == bool(name):
        raise InvalidParameters("Give the product's id or its name, but not both.")
    for path in paths(call):
        product = path.offer.product
        if product.id == identifier or (name and product.name == name):
            return product
    raise ResourceNotFound(f"Product not found: {identifier or name}")


def offered_tags(call: Call, path: Path) -> dict[str, list[str]]:
    """The tag options of a path: those of the portfolio and of the product, as far as a share brings them."""
    reached, product = path.offer.reach, path.offer.product
    shared = reached.share is None or reached.share.tag_options
    of_portfolio = list(reached.owner.tag_options_of(reached.portfolio.id)) if shared else []
    of_product = list(path.offer.home.tag_options_of(product.id)) if shared else []
    if reached.owner is not call.store:
        of_portfolio += call.store.tag_options_of(reached.portfolio.id)
    return tagoptions.choices(of_portfolio, of_product)


def search_products(call: Call) -> Answer:
    """SearchProducts: the products that the caller reaches, each once."""
    count = Counter(path.offer.product.id for path in paths(call))
    unique = {path.offer.product.id: (path.offer.home, path.offer.product) for path in paths(call)}
    kept = [each for each in unique.values() if fits(each[1], call.get("Filters") or {})]
    shown, following = page(in_order(kept, call.get("SortBy"), call.get("SortOrder")), call.parameters)
    return {
        "ProductViewSummaries": [view.product_summary(each, count[each.id] == 1) for _, each in shown],
        "ProductViewAggregations": {
            "Owner": _aggregation(Counter(each.owner for _, each in kept)),
            "ProductType": _aggregation(Counter(each.type for _, each in kept)),
        },
        "NextPageToken": following,
    }


def describe_product(call: Call) -> Answer:
    """DescribeProduct: with versions and launch paths."""
    product = launchable(call, call.get("Id"), call.get("Name"))
    found = paths(call, product.id)
    return {
        "ProductViewSummary": view.product_summary(product, len(found) == 1),
        "ProvisioningArtifacts": [view.artifact_for_user(each) for each in found[0].versions()],
        "Budgets": [],
        "LaunchPaths": [{"Id": each.id, "Name": each.name} for each in found],
    }


def describe_product_view(call: Call) -> Answer:
    """DescribeProductView: by the view's id."""
    found = [each for each in paths(call) if each.offer.product.view_id == call["Id"]]
    if not found:
        raise ResourceNotFound(f"Product view not found: {call['Id']}")
    return {
        "ProductViewSummary": view.product_summary(found[0].offer.product, len(found) == 1),
        "ProvisioningArtifacts": [view.artifact_for_user(each) for each in found[0].versions()],
    }


def list_launch_paths(call: Call) -> Answer:
    """ListLaunchPaths."""
    product = launchable(call, call["ProductId"], None)
    shown, following = page(paths(call, product.id), call.parameters)
    summaries = [
        {
            "Id": each.id,
            "Name": each.name,
            "ConstraintSummaries": [view.constraint_summary(one) for one in each.constraints],
            "Tags": view.tags(each.offer.reach.portfolio.tags),
        }
        for each in shown
    ]
    return {"LaunchPathSummaries": summaries, "NextPageToken": following}


def describe_provisioning_parameters(call: Call) -> Answer:
    """DescribeProvisioningParameters: what a launch of a version by a path has to be given."""
    product = launchable(call, call.get("ProductId"), call.get("ProductName"))
    path = choose_path(call, product)
    version = artifacts.named(
        path.offer.home, product.id, call.get("ProvisioningArtifactId"), call.get("ProvisioningArtifactName")
    )
    if version not in path.versions():
        raise ResourceNotFound(f"Provisioning artifact not found: {version.id} of product {product.id}")
    template = sources.parse(version.template)
    rules: Mapping[str, object] = templates.with_rules({}, constraints.rules(path.constraints))["Rules"]
    outputs = templates.outputs(template)
    return {
        "ProvisioningArtifactParameters": templates.parameters(template),
        "ConstraintSummaries": [view.constraint_summary(each) for each in path.constraints],
        "UsageInstructions": templates.instructions(
            template,
            rules,
            constraints.launch_role(path.constraints, call.account_id),
            constraints.tag_updates(path.constraints),
        ),
        "TagOptions": [{"Key": key, "Values": values} for key, values in offered_tags(call, path).items()],
        "ProvisioningArtifactOutputs": outputs,
        "ProvisioningArtifactOutputKeys": outputs,
    }


def _path(call: Call, offer: access.Offer) -> Path:
    portfolio, source = offer.reach.portfolio, offer.association.source_portfolio_id
    own = offer.reach.owner.constraints_on(portfolio.id, offer.product.id)
    # A product taken out of an imported portfolio brings the constraints that hold there.
    inherited = offer.home.constraints_on(source, offer.product.id) if source and offer.home is not call.store else []
    launch = any(each.type == "LAUNCH" for each in own)
    kept = [each for each in inherited if not (launch and each.type == "LAUNCH")]
    effective = tuple(each for each in [*kept, *own] if clock.reached(each.effective))
    return Path(ids.derived("lpv2", portfolio.id, offer.product.id), portfolio.name, offer, effective)


def _aggregation(counts: Counter[str]) -> list[dict[str, object]]:
    return [{"Value": value, "ApproximateCount": number} for value, number in counts.most_common()]


OPERATIONS: dict[str, Operation] = {
    "SearchProducts": search_products,
    "DescribeProduct": describe_product,
    "DescribeProductView": describe_product_view,
    "ListLaunchPaths": list_launch_paths,
    "DescribeProvisioningParameters": describe_provisioning_parameters,
}
