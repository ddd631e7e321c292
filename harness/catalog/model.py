"""What may stand in catalog.yaml, portfolios/*.yaml, product.yaml and examples/*.yaml. Shapes only; see `load.py`.

Unknown keys are errors. A validator raises `PydanticCustomError` whose type names the remedy in `yamlfile.REMEDIES`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

SLUG = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

# Who launches and uses products: the five personas of a team (N4), and the keeper of the platform's model registry.
Persona = Literal["lead", "developer", "approver", "support", "repair", "registrar"]
REGISTRAR: Persona = "registrar"
Environment = Literal["dev", "preprod", "prod"]
Withdrawal = Literal["deprecated", "inactive", "deleted"]


def _must_match(pattern: str, kind: str, problem: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise PydanticCustomError(kind, problem, {"value": value})
        return value

    return AfterValidator(check)


def _unquoted_number_is_text(value: object) -> object:
    # YAML reads an unquoted account id as a number, and one with a leading zero as an octal one: refuse to guess.
    if isinstance(value, int):
        raise PydanticCustomError("account_id_unquoted", "account id {value} is a number to YAML", {"value": value})
    return value


AccountId = Annotated[
    str,
    BeforeValidator(_unquoted_number_is_text),
    _must_match(r"\d{12}", "account_id", "account id '{value}' is not 12 digits"),
    Field(json_schema_extra={"pattern": r"^\d{12}$"}),
]
Slug = Annotated[
    str,
    Field(max_length=40, json_schema_extra={"pattern": f"^{SLUG}$"}),
    _must_match(SLUG, "slug", "'{value}' is not a name in lower case with single dashes"),
]
Semver = Annotated[
    str,
    _must_match(SEMVER.pattern, "semver", "version '{value}' is not MAJOR.MINOR.PATCH"),
    Field(json_schema_extra={"pattern": f"^{SEMVER.pattern}$"}),
]
Region = Annotated[
    str,
    _must_match(r"[a-z]{2}(-[a-z]+)+-\d", "region", "'{value}' is not an AWS region"),
    Field(json_schema_extra={"pattern": r"^[a-z]{2}(-[a-z]+)+-\d$"}),
]
OrganizationId = Annotated[
    str, _must_match(r"o-[a-z0-9]{10,32}", "organization_id", "'{value}' is not an organization id")
]
UnitId = Annotated[
    str,
    _must_match(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", "unit_id", "'{value}' is not an organizational unit id"),
]
RoleName = Annotated[str, _must_match(r"[\w+=,.@-]{1,64}", "role_name", "'{value}' is not an IAM role name")]
# Service Catalog: tag option keys 1–128, values 1–256 characters; keys that begin with aws: are AWS's own.
TagKey = Annotated[
    str,
    Field(min_length=1, max_length=128),
    _must_match(r"(?!aws:).*", "reserved_tag", "tag '{value}' begins with aws:, which AWS keeps to itself"),
]
TagValue = Annotated[str, Field(min_length=1, max_length=256)]
Text = Annotated[str, Field(min_length=1)]


def _once(values: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise PydanticCustomError("twice", "'{value}' stands twice", {"value": value})
    return values


ONCE = AfterValidator(_once)  # of a list in which a repetition can only be a mistake


class Model(BaseModel):
    """The base of all: frozen, strict about types, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Support(Model):
    """Whom a launcher turns to; shown by Service Catalog beside each product."""

    email: Annotated[str, _must_match(r"[^@\s]+@[^@\s]+\.[^@\s]+", "email", "'{value}' is not an e-mail address")]
    url: Annotated[str, _must_match(r"https://\S+", "url", "'{value}' is not an https address")]
    description: Text


class Organization(Model):
    """The AWS organization that the landscape lives in."""

    id: OrganizationId
    management_account: AccountId


class LocalTarget(Model):
    """An emulated landscape on this machine. Nothing to choose."""


class AwsTarget(Model):
    """The real landscape: ambient credentials, or those of a profile, that may assume the publisher role in the hub."""

    profile: Annotated[
        str | None, Field(description="Profile of the AWS configuration; ambient credentials if absent")
    ] = None
    publisher_role: RoleName = "platform-publisher"


class Targets(Model):
    """Where publish may go."""

    local: LocalTarget = LocalTarget()
    aws: AwsTarget = AwsTarget()


class Account(Model):
    """One account of the landscape."""

    account: AccountId


class Team(Model):
    """A business team with its three accounts (N3), all of one organizational unit."""

    name: Slug
    organizational_unit: UnitId
    accounts: dict[Environment, AccountId]


def _teams_once(teams: tuple[Team, ...]) -> tuple[Team, ...]:
    _once(tuple(team.name for team in teams))
    return teams


class Landscape(Model):
    """Hub, registry and spokes."""

    hub: Account
    registry: Annotated[Account, Field(description="Account of the central model registry; may be the hub")]
    teams: Annotated[tuple[Team, ...], Field(strict=False), AfterValidator(_teams_once)]

    @model_validator(mode="after")
    def _accounts_are_used_once(self) -> Landscape:
        seen = {self.hub.account: "the hub"}
        for team in self.teams:
            for environment, account in team.accounts.items():
                owner = f"{team.name} {environment}"
                if account in seen:
                    raise PydanticCustomError(
                        "account_twice",
                        "account {account} belongs to {first} and to {second}",
                        {"account": account, "first": seen[account], "second": owner},
                    )
                seen[account] = owner
        return self


class Catalog(Model):
    """catalog.yaml: who we are and where we publish."""

    catalog: Annotated[Slug, Field(description="Identity of this catalog; tags everything that it publishes")]
    title: Text
    owner: Annotated[str, Field(min_length=1, max_length=8191, description="Owner of every product that names none")]
    support: Support
    organization: Organization
    regions: Annotated[
        tuple[Region, ...],
        Field(strict=False, min_length=1, description="Regions published to; the first is home and holds IAM"),
        ONCE,
    ]
    targets: Targets = Targets()
    landscape: Landscape

    @property
    def home_region(self) -> str:
        """The region in which the foundations make what is global (IAM)."""
        return self.regions[0]


class Share(Model):
    """One receiver of a portfolio: exactly one of organization, organizational unit or account."""

    organization: OrganizationId | None = None
    organizational_unit: UnitId | None = None
    account: AccountId | None = None
    tag_options: Annotated[bool, Field(description="Tag options travel with the share")] = True
    principals: Annotated[bool, Field(description="Principal name patterns travel with the share")] = False

    @model_validator(mode="after")
    def _one_receiver(self) -> Share:
        given = [each for each in (self.organization, self.organizational_unit, self.account) if each]
        if len(given) != 1:
            raise PydanticCustomError("share_receiver", "a share names {count} receivers", {"count": len(given)})
        return self


def _receivers_once(shares: tuple[Share, ...]) -> tuple[Share, ...]:
    _once(tuple(each.organization or each.organizational_unit or each.account for each in shares))
    return shares


class Portfolio(Model):
    """portfolios/*.yaml: what is offered to whom."""

    portfolio: Annotated[Slug, Field(description="Identity; the file has the same name")]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(min_length=1, max_length=2000)]
    provider: Annotated[str | None, Field(min_length=1, max_length=50, description="The catalog's owner if absent")] = (
        None
    )
    products: Annotated[tuple[Slug, ...], Field(strict=False), ONCE]
    principals: Annotated[
        tuple[Persona, ...], Field(strict=False, min_length=1, description="Personas that may launch"), ONCE
    ]
    shares: Annotated[tuple[Share, ...], Field(strict=False), AfterValidator(_receivers_once)] = ()
    tag_options: Annotated[
        dict[TagKey, Annotated[tuple[TagValue, ...], Field(strict=False, min_length=1), ONCE]],
        Field(description="Tag key → values that a launcher may choose from"),
    ] = {}
    launch_constraints: Annotated[
        dict[Slug, RoleName],
        Field(description="Product → local role name, where it is another than the product's own launch role"),
    ] = {}

    @property
    def for_registry(self) -> bool:
        """Whether it is offered in the account of the model registry, and to its keeper alone."""
        return self.principals == (REGISTRAR,)


def _no_own_tags(tags: dict[str, str]) -> dict[str, str]:
    for key in tags:
        if key.startswith("platform:"):  # by such tags publish finds its own again
            problem = "tag '{key}' begins with platform:, which publish keeps to itself"
            raise PydanticCustomError("reserved_tag", problem, {"key": key})
    return tags


class RunFile(Model):
    """A file that `build.py run` gives to a pipeline."""

    to: Annotated[
        str,
        Field(
            pattern=r"^s3://",
            description="Where it is put: ${Name} is an output of the stack, ${Run} new for each run. What ends with / "
            "is a folder, in which the file keeps its name",
        ),
    ]
    parameter: Annotated[str | None, Field(description="The pipeline's parameter that is given the place")] = None
    default: Annotated[str | None, Field(description="A file of the product that is taken where none is named")] = None


class Run(Model):
    """How `build.py run` runs the pipeline of a product."""

    pipeline: Annotated[str, Field(description="The output that names the SageMaker pipeline")]
    example: Annotated[Slug, Field(description="The example that is launched where the product is not there yet")] = (
        "defaults"
    )
    data: RunFile
    schema_file: Annotated[RunFile | None, Field(alias="schema", description="What describes the data")] = None
    parameters: Annotated[dict[str, str], Field(description="Further parameters; ${Name} and ${Run} as above")] = {}


class AddedRight(Model):
    """A right that no template tells of, and that the launch role has all the same."""

    sid: Annotated[str, _must_match(r"[A-Za-z0-9]{1,64}", "sid", "'{value}' is no Sid: letters and digits")]
    reason: Annotated[str, Field(min_length=10, description="Why a launch takes it; stands in the policy")]
    actions: Annotated[
        tuple[Annotated[str, _must_match(r"[a-z0-9-]+:\w+", "action", "'{value}' is not one action")], ...],
        Field(strict=False, min_length=1, description="Whole names, as s3:PutObject"),
        ONCE,
    ]
    resources: Annotated[
        tuple[Text, ...],
        Field(strict=False, min_length=1, description="As Fn::Sub takes them: ${AWS::AccountId}"),
        ONCE,
    ]
    conditions: Annotated[
        dict[str, dict[str, str | Annotated[tuple[str, ...], Field(strict=False, min_length=1)]]],
        Field(description="Operator → condition key → value, or values"),
    ] = {}


class LaunchRole(Model):
    """The role that launches a product. Its rights are generated; see `build.py roles`."""

    name: Annotated[RoleName | None, Field(description="platform-launch-<name> if absent")] = None
    adds: Annotated[
        tuple[AddedRight, ...], Field(strict=False, description="What it may do beyond what its templates tell")
    ] = ()


class Product(Model):
    """product.yaml: one product as its folder states it."""

    name: Annotated[Slug, Field(description="The folder has the same name")]
    version: Semver
    title: Annotated[str, Field(min_length=1, max_length=100)]
    summary: Annotated[str, Field(min_length=1, max_length=300, description="One sentence for the console's list")]
    description: Annotated[str, Field(max_length=8000, description="A paragraph for the console's page")] = ""
    owner: Annotated[str | None, Field(description="The catalog's owner if absent")] = None
    support: Annotated[Support | None, Field(description="The catalog's support if absent")] = None
    audience: Annotated[
        tuple[Persona, ...], Field(strict=False, min_length=1, description="Personas that it is made for"), ONCE
    ] = ("lead",)
    environments: Annotated[
        tuple[Environment, ...], Field(strict=False, min_length=1, description="Where a team may launch it"), ONCE
    ] = ("dev", "preprod", "prod")
    launch_role: LaunchRole = LaunchRole()
    tags: Annotated[
        dict[TagKey, TagValue], Field(description="Tags of the product in the hub"), AfterValidator(_no_own_tags)
    ] = {}
    run: Annotated[Run | None, Field(description="How its pipeline is run on this machine")] = None
    withdrawn: Annotated[
        dict[Semver, Withdrawal],
        Field(
            description="Released versions on their way out. deprecated: no new launch, but updates to it; "
            "inactive: neither; deleted: no longer in the hub, and the product neither once all versions are"
        ),
    ] = {}


def _is_parameter_value(value: Any) -> Any:
    # One clear mistake in place of one for each type that it might have been.
    listed = value if isinstance(value, list) else []
    endless = isinstance(value, float) and not math.isfinite(value)
    if not isinstance(value, str | int | float | list) or endless or not all(isinstance(each, str) for each in listed):
        raise PydanticCustomError("parameter_value", "{value} is no value of a parameter", {"value": str(value)[:60]})
    return value


# Numbers and booleans are accepted for ease and handed on as CloudFormation takes them: as text.
ParameterValue = Annotated[str | bool | int | float | list[str], BeforeValidator(_is_parameter_value)]


class Example(Model):
    """examples/*.yaml: one set of parameters that a lead might choose."""

    description: Text
    parameters: dict[str, ParameterValue] = {}
    needs: Annotated[
        tuple[
            Annotated[str, _must_match(r"[a-z0-9-]+/[a-z0-9-]+", "needs", "'{value}' is not PRODUCT/EXAMPLE")],
            ...,
        ],
        Field(strict=False, description="Examples launched before, as PRODUCT/EXAMPLE"),
    ] = ()


def parameter_text(value: ParameterValue) -> str:
    """A parameter value as the CloudFormation API takes it: text, lists comma-separated, booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(value)
    return str(value)
