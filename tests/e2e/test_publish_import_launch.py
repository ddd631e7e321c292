"""From released products to what runs in a spoke, by the commands and against a served landscape (N2 N6 N9 S6)."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.catalog.load import load_repository, with_needs
from harness.catalog.model import parameter_text
from harness.cli import main
from harness.errors import KnownError
from harness.publish.gateway import HubGateway
from harness.publish.launcher import launcher
from harness.publish.reader import Clients
from harness.publish.session import Identity, Session
from tests.support.served import Served, copy_repository, run_build, serve

pytestmark = pytest.mark.unmeasured

DEV, PREPROD, PROD = "222222222221", "222222222222", "222222222223"

PRODUCT = "name: {name}\nversion: 1.0.0\ntitle: {title}\nsummary: A topic.\n"
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: << product.title >> (<< product.id >>)
Parameters:
  Label:
    Type: String
  Colour:
    Type: String
    Default: blue
Resources:
  Value:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub /<< product.name >>/${Label}
      Type: String
      Value: !Sub ${Label} ${Colour}
Outputs:
  ProductVersion:
    Value: << product.version >>
  Name:
    Value: !Ref Value
"""
# As narrow as it should be is not judged here; that a launch works with it is.
LAUNCH_POLICY = "- Sid: Values\n  Effect: Allow\n  Action: ssm:*\n  Resource: '*'\n"


def add_product(root: Path, name: str, title: str) -> None:
    """A product of one SSM parameter, in a folder and a portfolio."""
    folder = root / "products" / name
    (folder / "examples").mkdir(parents=True)
    (folder / "product.yaml").write_text(PRODUCT.format(name=name, title=title))
    (folder / "template.yaml.j2").write_text(TEMPLATE)
    (folder / "launch-policy.yaml").write_text(LAUNCH_POLICY)
    (folder / "CHANGELOG.md").write_text("# Changes\n\n## 1.0.0\n\n- First version.\n")
    (folder / "examples/defaults.yaml").write_text("description: As it comes.\nparameters: {Label: a}\n")
    portfolio = root / "portfolios/ml-platform.yaml"
    portfolio.write_text(portfolio.read_text().replace("products:\n", f"products:\n  - {name}\n"))


def new_version(root: Path, name: str, old: str, new: str) -> None:
    """The product's next version, with another default, released."""
    folder = root / "products" / name
    for path, before, after in (
        (folder / "product.yaml", f"version: {old}", f"version: {new}"),
        (folder / "template.yaml.j2", "Default: ", "Default: dark"),
    ):
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))
    (folder / "CHANGELOG.md").write_text(f"# Changes\n\n## {new}\n\n- Darker.\n")
    done = run_build(root, "release", name)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served landscape with everything released and published, and the dev account imported."""
    root = copy_repository(tmp_path_factory.mktemp("publishing"))
    add_product(root, "value", "Value")
    add_product(root, "value-set", "Value set")
    done = run_build(root, "release")
    assert done.returncode == 0, done.stderr
    with serve(root) as served:
        for arguments in (("publish",), ("import", "--account", DEV)):
            done = build(served, *arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        yield served


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def build(served: Served, *arguments: str) -> Done:
    """build.py on the repository that is served, in this process (starting one takes most of the time)."""
    with (
        pytest.MonkeyPatch.context() as environment,
        contextlib.redirect_stdout(io.StringIO()) as stdout,
        contextlib.redirect_stderr(io.StringIO()) as stderr,
    ):
        environment.setenv("CATALOG_ROOT", str(served.root))
        code = main(list(arguments))
    return Done(code, stdout.getvalue(), stderr.getvalue())


def answer(served: Served, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command says with --json."""
    done = build(served, *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    assert data["format"] == 1
    return data


def client(served: Served, account: str, service: str) -> Any:
    catalog = load_repository(served.root).catalog
    return Session("local", catalog, served.url).client(Identity(account), service, "eu-west-1")


def versions(served: Served, title: str) -> list[str]:
    hub = client(served, "111111111111", "servicecatalog")
    views = [each["ProductViewSummary"] for each in hub.search_products_as_admin()["ProductViewDetails"]]
    (product_id,) = [each["ProductId"] for each in views if each["Name"] == title]
    details = hub.list_provisioning_artifacts(ProductId=product_id)["ProvisioningArtifactDetails"]
    return sorted(each["Name"] for each in details)


def provisioned(served: Served, account: str = DEV) -> set[str]:
    spoke = client(served, account, "servicecatalog")
    found = spoke.search_provisioned_products(AccessLevelFilter={"Key": "Account", "Value": "self"})
    return {each["Name"] for each in found["ProvisionedProducts"]}


def test_a_second_publish_says_nothing_to_do(landscape: Served) -> None:
    done = build(landscape, "publish")
    assert (done.returncode, done.stdout) == (0, "Nothing to do.\n"), done.stderr


def test_a_new_version_stands_beside_the_old_one_and_is_told_by_the_plan(landscape: Served) -> None:
    new_version(landscape.root, "value-set", "1.0.0", "1.1.0")
    plan = answer(landscape, "plan", "value-set")["plan"]
    for region in plan["regions"]:
        kinds = [each["kind"] for each in region["actions"]]
        assert kinds == ["upload-object", "upload-object", "attest-version", "create-version"]
    assert build(landscape, "publish", "value-set").returncode == 0
    assert versions(landscape, "Value set") == ["1.0.0", "1.1.0"]
    assert versions(landscape, "Value") == ["1.0.0"]
    assert build(landscape, "publish").stdout == "Nothing to do.\n"


def test_a_deprecated_version_takes_no_new_launch_and_an_inactive_one_no_update(landscape: Served) -> None:
    description = landscape.root / "products/value-set/product.yaml"
    stated = description.read_text()
    launch = ("launch", "value-set", "--account", DEV, "--version", "1.0.0", "--parameter", "Label=sea", "--name")
    assert build(landscape, *launch, "old").returncode == 0
    for withdrawal, update in (("deprecated", 0), ("inactive", 1)):
        description.write_text(f"{stated}withdrawn:\n  1.0.0: {withdrawal}\n")
        assert build(landscape, "publish").returncode == 0
        assert build(landscape, "publish").stdout == "Nothing to do.\n"
        refused = build(landscape, *launch, "another")
        assert refused.returncode == 1
        assert "1.0.0" in refused.stderr
        assert build(landscape, *launch, "old", "--update", "--parameter", f"Label={withdrawal}").returncode == update
    assert build(landscape, "launch", "value-set", "--account", DEV, "--name", "old", "--terminate").returncode == 0


def test_other_bytes_under_a_published_version_are_refused_with_both_digests(landscape: Served, tmp_path: Path) -> None:
    """Two people released the same version of different content; the other one's is published."""
    folder = landscape.root / "products/value"
    theirs = shutil.copytree(folder, tmp_path / "theirs")
    shutil.rmtree(folder / "releases")
    template = folder / "template.yaml.j2"
    template.write_text(template.read_text().replace("blue", "green"))
    assert build(landscape, "release", "value").returncode == 0
    published, released = (
        json.loads((each / "releases/1.0.0/manifest.json").read_text())["template"]["sha256"]
        for each in (theirs, folder)
    )
    done = build(landscape, "publish")
    shutil.rmtree(folder)
    shutil.copytree(theirs, folder)
    assert done.returncode == 1
    assert f"version 1.0.0 of value is live with sha256 {published} in eu-west-1" in done.stderr
    assert f"released with sha256 {released}" in done.stderr
    assert versions(landscape, "Value") == ["1.0.0"]


def test_a_share_that_does_not_reach_an_account_fails_and_names_it(landscape: Served) -> None:
    """The operation as a whole ends; only ShareErrors tell."""
    organizations = client(landscape, "100000000000", "organizations")
    made = organizations.create_account(Email="gone@example.com", AccountName="gone")
    account = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(
        AccountId=account,
        SourceParentId=organizations.list_roots()["Roots"][0]["Id"],
        DestinationParentId="ou-plat-workload",
    )
    organizations.close_account(AccountId=account)
    extra = landscape.root / "portfolios/extra.yaml"
    extra.write_text(
        "portfolio: extra\ntitle: Extra\ndescription: More.\nproducts: [value]\nprincipals: [lead]\n"
        "shares: [{organizational_unit: ou-plat-workload}]\n"
    )
    try:
        done = build(landscape, "publish")
    finally:
        extra.unlink()
    assert done.returncode == 1
    assert f"sharing with ou-plat-workload ended as COMPLETED_WITH_ERRORS: {account}: " in done.stderr
    told = build(landscape, "plan")
    assert (told.returncode, told.stdout) == (0, "Nothing to do.\n")
    assert "portfolio Extra" in told.stderr and "is not of this catalog; left alone" in told.stderr


def test_a_launch_role_that_the_foundations_have_not_made_yet_is_told_with_the_way_to_it(landscape: Served) -> None:
    hub = client(landscape, "111111111111", "servicecatalog")
    portfolio = hub.create_portfolio(DisplayName="p", ProviderName="p", IdempotencyToken="p")["PortfolioDetail"]["Id"]
    product = hub.search_products_as_admin()["ProductViewDetails"][0]["ProductViewSummary"]["ProductId"]
    gateway = HubGateway(Clients(hub, None, None, None), "111111111111", "eu-west-1", "no-bucket")
    try:
        gateway.associate_product(product, portfolio)
        with pytest.raises(KnownError) as caught:
            gateway.create_launch_constraint(product, portfolio, "platform-launch-nobody", "token")
    finally:
        hub.disassociate_product_from_portfolio(ProductId=product, PortfolioId=portfolio)
        hub.delete_portfolio(Id=portfolio)
    assert str(caught.value) == (
        "hub 111111111111 in eu-west-1: launch role platform-launch-nobody does not exist in the hub\n"
        "  → deploy the foundations again, which make it (`build.py render --foundation`, docs/foundations.md)"
    )


def test_a_product_that_came_after_the_landscape_gets_its_launch_role_and_is_launched(landscape: Served) -> None:
    add_product(landscape.root, "late", "Late")
    assert build(landscape, "release", "late").returncode == 0
    published = build(landscape, "publish")
    assert published.returncode == 0, published.stderr
    assert "spoke accounts: the foundation has changed and is deployed again" in published.stderr
    again = build(landscape, "publish")
    assert (again.stdout, "deployed again" in again.stderr) == ("Nothing to do.\n", False)
    launched = answer(landscape, "launch", "late", "--account", DEV, "--parameter", "Label=sea")
    assert launched["outputs"]["ProductVersion"] == "1.0.0"
    assert build(landscape, "launch", "late", "--account", DEV, "--terminate").returncode == 0


def test_the_target_aws_without_credentials_says_so(landscape: Served) -> None:
    done = landscape.build("publish", "--target", "aws")
    assert done.returncode == 1
    assert "no AWS credentials were found" in done.stderr


def test_a_second_import_says_nothing_to_do(landscape: Served) -> None:
    done = build(landscape, "import", "--account", DEV)
    assert (done.returncode, done.stdout) == (0, "Nothing to do.\n"), done.stderr


def test_import_says_exactly_what_a_spoke_lacks(landscape: Served) -> None:
    iam, ssm = client(landscape, PREPROD, "iam"), client(landscape, PREPROD, "ssm")
    for name in iam.list_role_policies(RoleName="platform-launch-value")["PolicyNames"]:
        iam.delete_role_policy(RoleName="platform-launch-value", PolicyName=name)
    for each in iam.list_attached_role_policies(RoleName="platform-launch-value")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="platform-launch-value", PolicyArn=each["PolicyArn"])
    iam.delete_role(RoleName="platform-launch-value")
    ssm.delete_parameter(Name="/platform/network/vpc-id")
    findings = answer(landscape, "import", "--account", PREPROD, code=1)["findings"]
    assert [(each["path"], each["problem"]) for each in findings] == [
        (
            "account 222222222222 (credit-risk preprod)",
            "launch role platform-launch-value does not exist, so value could not be launched",
        ),
        (
            "account 222222222222 (credit-risk preprod) in eu-west-1",
            "SSM parameter /platform/network/vpc-id is missing: The private VPC of this account and region.",
        ),
    ]


def test_an_account_that_did_not_import_is_offered_nothing(landscape: Served) -> None:
    done = build(landscape, "launch", "value", "--account", "222222222223", "--parameter", "Label=a")
    assert done.returncode == 1
    assert "value (Value) is not offered there to this role" in done.stderr


def test_every_example_of_every_product_is_launched_by_a_lead(landscape: Served) -> None:
    """In the registry, by its keeper; what is launched there stays till the end, for others need it."""
    repository = load_repository(landscape.root)
    session = Session("local", repository.catalog, landscape.url)
    accounts = {**repository.catalog.landscape.teams[0].accounts, "registry": "111111111111"}
    assert build(landscape, "import", "--account", PROD).returncode == 0
    leads = {
        each.name: launcher(
            repository,
            session,
            each,
            accounts["registry" if each.for_registry else each.trial_environment],
            "eu-west-1",
        )
        for each in repository.products
    }
    kept: list[tuple[str, str]] = []
    for product in repository.products:
        for example in product.examples:
            chain = [(each.name, its) for each, its in with_needs(repository, product, example)]
            chain = [(name, its) for name, its in chain if (name, its.name) not in kept]
            for name, its in chain:
                parameters = {key: parameter_text(value) for key, value in its.spec.parameters.items()}
                result = leads[name].launch(f"{name}-{its.name}", None, parameters, {}, lambda _line: None)
                assert result.failures == ()
                assert "ProductVersion" in {key for key, _, _ in result.outputs}
                # moto has no user profiles: a report must not pass them off as real
                assert ("AWS::SageMaker::UserProfile" in result.schema_only) == (name == "studio-user-profile")
                assert "AWS::SageMaker::Domain" not in result.schema_only
            for name, its in reversed(chain):
                if repository.product(name).for_registry:
                    kept.append((name, its.name))
                else:
                    assert leads[name].terminate(f"{name}-{its.name}").failures == ()
    for name, its_name in kept:
        assert leads[name].terminate(f"{name}-{its_name}").failures == ()
    assert not [each for account in accounts.values() for each in provisioned(landscape, account)]


def test_a_launch_is_updated_in_place_and_terminated(landscape: Served) -> None:
    where = ("launch", "value", "--account", DEV, "--name", "mine")
    first = answer(landscape, *where, "--parameter", "Label=sea", "--version", "1.0.0")["outputs"]
    ssm = client(landscape, DEV, "ssm")
    assert ssm.get_parameter(Name=first["Name"])["Parameter"]["Value"] == "sea blue"
    new_version(landscape.root, "value", "1.0.0", "1.1.0")
    assert build(landscape, "publish", "value").returncode == 0
    second = answer(landscape, *where, "--update", "--parameter", "Colour=grey")["outputs"]
    assert (second["ProductVersion"], second["Name"]) == ("1.1.0", first["Name"])
    assert ssm.get_parameter(Name=first["Name"])["Parameter"]["Value"] == "sea grey"
    assert answer(landscape, *where, "--terminate")["succeeded"]
    assert "mine" not in provisioned(landscape)


def test_a_name_that_is_taken_is_not_launched_again(landscape: Served) -> None:
    where = ("launch", "value", "--account", DEV, "--name", "taken")
    answer(landscape, *where, "--parameter", "Label=a")
    done = build(landscape, *where, "--parameter", "Label=b")
    assert (done.returncode, "'taken' is there already" in done.stderr) == (1, True), done.stderr
    answer(landscape, *where, "--terminate")


def test_a_launch_that_fails_exits_with_one_and_the_reason(landscape: Served) -> None:
    first = ("launch", "value", "--account", DEV, "--name", "first")
    second = ("launch", "value", "--account", DEV, "--name", "second")
    answer(landscape, *first, "--parameter", "Label=same")
    done = build(landscape, *second, "--parameter", "Label=same")
    assert done.returncode == 1
    assert "launch of second failed: " in done.stderr and "'/value/same' already exists" in done.stderr
    answer(landscape, *second, "--terminate")
    answer(landscape, *first, "--terminate")


def write_set(path: Path, name: str, **values: str) -> Path:
    lines = "".join(f"- {{name: {key}, parameters: {{Label: {value}}}}}\n" for key, value in values.items())
    path.write_text(f"set: {name}\nlaunches:\n{lines}" if lines else f"set: {name}\nlaunches: []\n")
    return path


def test_a_file_launches_updates_and_terminates_by_name_and_touches_no_other(landscape: Served, tmp_path: Path) -> None:
    def bring(path: Path, code: int = 0) -> list[tuple[str, str]]:
        data = answer(landscape, "launch", "value-set", "--account", DEV, "--for-each", str(path), code=code)
        return [(each["name"], each["action"]) for each in data["launches"]]

    others = write_set(tmp_path / "others.yaml", "others", zoe="z")
    mine = write_set(tmp_path / "mine.yaml", "mine", ada="a", ben="b")
    assert bring(others) == [("zoe", "launch")]
    assert bring(mine) == [("ada", "launch"), ("ben", "launch")]
    assert bring(mine) == [("ada", "keep"), ("ben", "keep")]
    write_set(mine, "mine", ada="changed", cid="c")
    assert bring(mine) == [("ada", "update"), ("cid", "launch"), ("ben", "terminate")]
    assert provisioned(landscape) >= {"zoe", "ada", "cid"} and "ben" not in provisioned(landscape)

    write_set(mine, "mine", ada="changed", cid="c", zoe="stolen")
    assert bring(mine, code=1) == [("ada", "keep"), ("cid", "keep")]

    bring(write_set(mine, "mine"))
    assert "zoe" in provisioned(landscape) and not provisioned(landscape) & {"ada", "cid"}
    bring(write_set(others, "others"))


def test_one_line_that_fails_stops_no_other(landscape: Served, tmp_path: Path) -> None:
    path = write_set(tmp_path / "set.yaml", "half", good="fine", bad="x" * 5000)
    data = answer(landscape, "launch", "value-set", "--account", DEV, "--for-each", str(path), code=1)
    assert {each["name"]: each["succeeded"] for each in data["launches"]} == {"good": True, "bad": False}
    answer(landscape, "launch", "value-set", "--account", DEV, "--for-each", str(write_set(path, "half")))
