"""DynamoDB tables, image repositories, parameters and secrets."""

from __future__ import annotations

from collections.abc import Iterator

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import kms, own
from harness.emulator.enforcement.table import Need, Table


def _table(name: str, asked: Asked, index: str = "") -> str:
    arn = name if name.startswith("arn:") else own.arn_of(
        "dynamodb", asked.region, asked.caller.account_id, f"table/{name}"
    )  # fmt: skip
    return f"{arn}/index/{index}" if index else arn


def _table_or_index(asked: Asked) -> list[str]:
    return [_table(asked.text("TableName"), asked, asked.text("IndexName"))]


def _tables(asked: Asked) -> list[str]:
    return [_table(name, asked) for name in asked.get("RequestItems") or ()]


def _transacted(asked: Asked) -> Iterator[Need]:
    """A transaction is the sum of what it does."""
    for item in asked.get("TransactItems") or ():
        for operation, said in item.items():
            action = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}.get(operation)
            yield Need(f"dynamodb:{action or 'ConditionCheckItem'}", _table(str(said.get("TableName")), asked))


DYNAMODB = Table(
    prefix="dynamodb",
    resources={
        "BatchGetItem": _tables,
        "BatchWriteItem": _tables,
        "Query": _table_or_index,
        "Scan": _table_or_index,
        **dict.fromkeys(("DeleteItem", "GetItem", "PutItem", "UpdateItem"), _table_or_index),
    },
    free=frozenset({"TransactGetItems", "TransactWriteItems", "DescribeEndpoints"}),
    more=_transacted,
    tags=own.tags("dynamodb", "list_tags_of_resource", "ResourceArn", "Tags"),
    tagging="TagResource",
)


def _repository(asked: Asked) -> list[str]:
    if whole := asked.text("resourceArn"):
        return [whole]
    owner = asked.text("registryId") or asked.caller.account_id
    names = asked.get("repositoryNames") or [asked.text("repositoryName") or "*"]
    return [own.arn_of("ecr", asked.region, owner, f"repository/{name}") for name in names]


def _name(arn: str) -> str:
    return arn.partition(":repository/")[2]


ECR = Table(
    prefix="ecr",
    kinds={"repository": _repository},
    tags=own.tags("ecr", "list_tags_for_resource", "resourceArn", "tags"),
    policy=own.policy("ecr", "get_repository_policy", "repositoryName", ["policyText"], _name, of=":repository/"),
    tagging="TagResource",
)


def _parameters(asked: Asked) -> list[str]:
    tagged = asked.text("ResourceId") if asked.get("ResourceType") in (None, "Parameter") else ""
    names = asked.get("Names") or [asked.text("Name") or asked.text("Path") or tagged]
    return [
        name if name.startswith("arn:") else own.arn_of(
            "ssm", asked.region, asked.caller.account_id, f"parameter/{name.lstrip('/')}"
        )
        for name in map(str, names)
        if name
    ]  # fmt: skip


SSM = Table(
    prefix="ssm",
    kinds={"parameter": _parameters},
    keys=lambda asked: {
        "ssm:Overwrite": asked.text("Overwrite").lower() or None,
        "ssm:Recursive": asked.text("Recursive").lower() or None,
        "ssm:Policies": None,
    },
    tagging="AddTagsToResource",
)


def _secret(asked: Asked) -> list[str]:
    name = asked.text("SecretId") or asked.text("Name")
    if name.startswith("arn:"):
        return [name]
    made = own.arn_of("secretsmanager", asked.region, asked.caller.account_id, f"secret:{name}")
    found = own.api(made).attempt("secretsmanager", "describe_secret", SecretId=name)
    return [str(found["ARN"])] if found else [f"{made}-??????"]


def _key_of_secret(asked: Asked) -> Iterator[Need]:
    actions = {"GetSecretValue": ("Decrypt",), "PutSecretValue": ("GenerateDataKey", "Decrypt")}.get(asked.operation)
    if actions is None:
        return
    arn = _secret(asked)[0]
    found = own.api(arn).attempt("secretsmanager", "describe_secret", SecretId=arn) or {}
    if key := found.get("KmsKeyId"):
        region, owner = arn.split(":")[3:5]
        context = {"SecretARN": arn}
        yield from kms.through("secretsmanager", actions, key, owner, region, asked.caller.account_id, context)


SECRETS = Table(
    prefix="secretsmanager",
    kinds={"Secret": _secret},
    tags=own.tags("secretsmanager", "describe_secret", "SecretId", "Tags"),
    policy=own.policy("secretsmanager", "get_resource_policy", "SecretId", ["ResourcePolicy"]),
    tagging="TagResource",
    families=("secretsmanager:",),
    more=_key_of_secret,
)
