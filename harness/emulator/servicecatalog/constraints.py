"""Constraints on a product in a portfolio: what may be said in each type, and what a launch reads out of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from moto.iam.models import iam_backends

from harness.emulator import clock
from harness.emulator.cloudformation.notifications import TOPIC_ARN
from harness.emulator.servicecatalog import access, ids, quotas, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import (
    DuplicateResource,
    InvalidParameters,
    OperationNotSupported,
    ResourceNotFound,
)
from harness.emulator.servicecatalog.model import Constraint
from harness.emulator.servicecatalog.paging import page

TYPES = ("LAUNCH", "NOTIFICATION", "RESOURCE_UPDATE", "STACKSET", "TEMPLATE")
ROLE_ARN = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,576}")


def create_constraint(call: Call) -> Answer:
    """CreateConstraint: the product must be visible in the portfolio by now; one LAUNCH constraint for the pair."""
    store, portfolio_id, product_id, kind = call.store, call["PortfolioId"], call["ProductId"], call["Type"]
    access.own_portfolio(call, portfolio_id)
    if all(each.product_id != product_id for each in store.products_in(portfolio_id)):
        raise ResourceNotFound(f"Product {product_id} is not associated with portfolio {portfolio_id}")
    parameters = _valid(call, kind, call["Parameters"])
    held = store.constraints_on(portfolio_id, product_id)
    if kind in ("LAUNCH", "RESOURCE_UPDATE") and any(each.type == kind for each in held):
        raise DuplicateResource(f"Product {product_id} has a {kind} constraint in portfolio {portfolio_id} already.")
    quotas.hold(len(held), quotas.CONSTRAINTS_PER_PRODUCT_AND_PORTFOLIO, "constraints of a product in a portfolio")
    ready = clock.due()
    made = Constraint(
        id=ids.new("cons"),
        type=kind,
        owner=call.account_id,
        product_id=product_id,
        portfolio_id=portfolio_id,
        parameters=parameters,
        description=call.get("Description") or _description(kind, json.loads(parameters)),
        effective=ready,
        ready=ready,
    )
    store.constraints[made.id] = made
    return view.constraint_answer(made)


def update_constraint(call: Call) -> Answer:
    """UpdateConstraint: description and parameters; never the type."""
    found = _own(call, call["Id"])
    parameters = found.parameters if call.get("Parameters") is None else _valid(call, found.type, call["Parameters"])
    description = found.description if call.get("Description") is None else call["Description"]
    changed = replace(found, parameters=parameters, description=description, ready=clock.due())
    call.store.constraints[found.id] = changed
    return view.constraint_answer(changed)


def delete_constraint(call: Call) -> Answer:
    """DeleteConstraint."""
    del call.store.constraints[_own(call, call["Id"]).id]
    return {}


def describe_constraint(call: Call) -> Answer:
    """DescribeConstraint: an own one, or one of an imported portfolio."""
    for reached in access.reachable(call):
        found = reached.owner.constraints.get(call["Id"])
        if found is not None and found.portfolio_id == reached.portfolio.id:
            return view.constraint_answer(found)
    raise ResourceNotFound(f"Constraint not found: {call['Id']}")


def list_constraints(call: Call) -> Answer:
    """ListConstraintsForPortfolio."""
    reached = access.reach(call, call["PortfolioId"])
    found = reached.owner.constraints_on(reached.portfolio.id, call.get("ProductId"))
    shown, following = page(found, call.parameters)
    return {"ConstraintDetails": [view.constraint(each) for each in shown], "NextPageToken": following}


def launch_role(constraints: Iterable[Constraint], account_id: str, partition: str = "aws") -> str | None:
    """The ARN of the role that a launch in that account acts with; None: there is no LAUNCH constraint.

    Where several say something, the last one counts: a portfolio's own stands after those it inherited.
    """
    role = None
    for each in constraints:
        if each.type == "LAUNCH":
            said = json.loads(each.parameters)
            role = said.get("RoleArn") or f"arn:{partition}:iam::{account_id}:role/{said['LocalRoleName']}"
    return role


def rules(constraints: Iterable[Constraint]) -> list[tuple[str, Mapping[str, Any]]]:
    """The rules of the TEMPLATE constraints: (constraint id, rules by name)."""
    return [(each.id, json.loads(each.parameters)["Rules"]) for each in constraints if each.type == "TEMPLATE"]


def topics(constraints: Iterable[Constraint]) -> list[str]:
    """The topic ARNs of the NOTIFICATION constraints, each once."""
    named = [
        arn
        for each in constraints
        if each.type == "NOTIFICATION"
        for arn in json.loads(each.parameters)["NotificationArns"]
    ]
    return list(dict.fromkeys(named))


def demand_topics(arns: Iterable[str]) -> None:
    """Raise InvalidParameters unless all are ARNs of SNS topics."""
    for each in arns:
        if not TOPIC_ARN.fullmatch(each):
            raise InvalidParameters(f"Invalid notification ARN: {each} is not the ARN of an SNS topic.")


def tag_updates(constraints: Iterable[Constraint]) -> str | None:
    """ALLOWED or NOT_ALLOWED, as the RESOURCE_UPDATE constraint says; None without one."""
    said = [
        json.loads(each.parameters)["Properties"]["TagUpdateOnProvisionedProduct"]
        for each in constraints
        if each.type == "RESOURCE_UPDATE"
    ]
    return said[-1] if said else None


def _own(call: Call, identifier: str) -> Constraint:
    found = call.store.constraints.get(identifier)
    if found is None:
        raise ResourceNotFound(f"Constraint not found: {identifier}")
    return found


def _valid(call: Call, kind: str, text: str) -> str:
    if kind not in TYPES:
        raise InvalidParameters(f"Invalid constraint type {kind}: it must be one of {', '.join(TYPES)}.")
    if kind == "STACKSET":
        raise OperationNotSupported("The emulated Service Catalog does not model CreateConstraint of type STACKSET.")
    try:
        said = json.loads(text)
    except ValueError as error:
        raise InvalidParameters(f"The constraint's Parameters are not JSON: {error}") from None
    if not isinstance(said, dict):
        raise InvalidParameters("The constraint's Parameters must be a JSON object.")
    problem = {
        "LAUNCH": _launch_problem,
        "NOTIFICATION": _notification_problem,
        "RESOURCE_UPDATE": _resource_update_problem,
        "TEMPLATE": _template_problem,
    }[kind](call, said)
    if problem:
        raise InvalidParameters(f"Invalid {kind} constraint: {problem}")
    return text


def _launch_problem(call: Call, said: Mapping[str, Any]) -> str | None:
    if len(said) != 1 or not said.keys() <= {"RoleArn", "LocalRoleName"}:
        return "give either RoleArn or LocalRoleName."
    if "RoleArn" in said:
        return None if ROLE_ARN.fullmatch(str(said["RoleArn"])) else f"{said['RoleArn']} is not the ARN of a role."
    name = str(said["LocalRoleName"])
    if not _ROLE_NAME.fullmatch(name):
        return f"{name} is not the name of a role."
    roles = iam_backends[call.account_id]["aws"].roles.values()
    suffix = f":role/{name}"
    if all(not role.arn.endswith(suffix) for role in roles):
        return f"role {name} does not exist in account {call.account_id}."
    return None


def _notification_problem(_: Call, said: Mapping[str, Any]) -> str | None:
    arns = said.get("NotificationArns")
    if not isinstance(arns, list) or not arns or not all(TOPIC_ARN.fullmatch(str(each)) for each in arns):
        return "NotificationArns must list the ARNs of SNS topics."
    return None


def _resource_update_problem(_: Call, said: Mapping[str, Any]) -> str | None:
    properties = said.get("Properties")
    value = properties.get("TagUpdateOnProvisionedProduct") if isinstance(properties, dict) else None
    if value not in ("ALLOWED", "NOT_ALLOWED"):
        return "Properties.TagUpdateOnProvisionedProduct must be ALLOWED or NOT_ALLOWED."
    return None


def _template_problem(_: Call, said: Mapping[str, Any]) -> str | None:
    rules_said = said.get("Rules")
    if not isinstance(rules_said, dict) or not rules_said:
        return "Rules must hold at least one rule."
    for name, body in rules_said.items():
        if not isinstance(body, dict) or not isinstance(body.get("Assertions"), list) or not body["Assertions"]:
            return f"rule {name} has no Assertions."
        if any(not isinstance(each, dict) or "Assert" not in each for each in body["Assertions"]):
            return f"an assertion of rule {name} has no Assert."
    return None


def _description(kind: str, said: Mapping[str, Any]) -> str | None:
    if kind == "LAUNCH":
        return f"Launch as {said.get('RoleArn') or 'local role ' + said['LocalRoleName']}"
    return None


OPERATIONS: dict[str, Operation] = {
    "CreateConstraint": create_constraint,
    "UpdateConstraint": update_constraint,
    "DeleteConstraint": delete_constraint,
    "DescribeConstraint": describe_constraint,
    "ListConstraintsForPortfolio": list_constraints,
}
