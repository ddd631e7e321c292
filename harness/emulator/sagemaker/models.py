"""Models: what a container serves, with which role; and serving one, which endpoints and transform jobs share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict

from harness.emulator import acting, clock
from harness.emulator.acting import NotTrustedError
from harness.emulator.identity import Session
from harness.emulator.sagemaker import artifacts, errors, jobs_images, paging, registry_packages, serving, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import arn
from harness.emulator.sagemaker.store import LOCK, Backend

PRINCIPAL = "sagemaker.amazonaws.com"
_KIND = "model"
_KEPT = ("PrimaryContainer", "Containers", "InferenceExecutionConfig", "ExecutionRoleArn", "VpcConfig")
_NOT_MODELLED = ("ModelDataSource", "AdditionalModelDataSources", "MultiModelConfig", "InferenceSpecificationName")


@dataclass(frozen=True)
class Container:
    """What runs: an image's URI, the archive's location (empty: none) and the variables."""

    image: str
    archive: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Model:
    """A model. `given`: as the request said; `container`: what that means."""

    arn: str
    name: str
    created: datetime
    given: Mapping[str, Any]
    container: Container

    @property
    def role(self) -> str:
        """The execution role's ARN."""
        return str(self.given["ExecutionRoleArn"])


class Models(Backend):
    """Models of one account and region, by name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.by_name: dict[str, Model] = {}


_backends: BackendDict[Models] = BackendDict(Models, "sagemaker")


def _models(account_id: str, region: str) -> dict[str, Model]:
    held: dict[str, Model] = _backends[account_id][region].by_name
    return held


def find(account_id: str, region: str, name: str) -> Model:
    """The model of that name. Raises ValidationException."""
    model = _models(account_id, region).get(name)
    if model is None:
        raise errors.validation(f'Could not find model "{arn(account_id, region, _KIND, name)}".')
    return model


def serve(account_id: str, region: str, name: str, environment: Mapping[str, str] | None = None) -> serving.Serving:
    """A running container of that model, whose archive its execution role fetches; the caller stops it.

    `environment`: further variables, as a transform job may give. Raises ServingError with a reason in SageMaker's
    words, ValidationException where there is no such model.
    """
    model = find(account_id, region, name)
    variables = {**model.container.environment, **(environment or {})}
    try:
        session = session_of(model.role, account_id, model.arn)
    except NotTrustedError as error:
        raise serving.ServingError(str(error)) from None
    s3 = acting.client("s3", region, session)
    source = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    code = _fetched(s3, source) if source.startswith("s3://") else None
    archive = _fetched(s3, model.container.archive) if model.container.archive else None
    isolated = model.given.get("EnableNetworkIsolation")
    identity = acting.isolated() if isolated else acting.environment(region, session)
    return serving.start(archive, variables, code, identity)


def session_of(role: str, account_id: str, on_behalf_of: str) -> Session:
    """A session of an execution role. Raises NotTrustedError."""
    return acting.credentials(role, PRINCIPAL, account_id, "SageMaker", on_behalf_of)


def _fetched(s3: Any, uri: str) -> bytes:
    try:
        return artifacts.read(s3, uri)
    except artifacts.UnreadableArchiveError:
        raise serving.ServingError(
            f'Failed to download model data from URL: "{uri}". Please ensure that there is an object located at the '
            "URL and that the role passed to CreateModel has permissions to download the object."
        ) from None


def _create(call: Call) -> Answer:
    name = str(call["ModelName"])
    own = arn(call.account_id, call.region, _KIND, name)
    if name in _models(call.account_id, call.region):
        raise errors.validation(f'Cannot create already existing model "{own}".')
    container = _container(call)
    _check_role(call, own, container)
    given = {**call.given(*_KEPT), "EnableNetworkIsolation": bool(call.get("EnableNetworkIsolation"))}
    with LOCK:
        _models(call.account_id, call.region)[name] = Model(own, name, clock.now(), given, container)
        tags.open_for(own, call.get("Tags"))
    return {"ModelArn": own}


def _container(call: Call) -> Container:
    primary, several = call.get("PrimaryContainer"), call.get("Containers", ())
    if bool(primary) == bool(several):
        raise errors.validation("Exactly one of PrimaryContainer and Containers must be given.")
    if len(several) > 1:
        raise errors.not_modelled("an inference pipeline (several Containers) of CreateModel")
    given: Mapping[str, Any] = primary or several[0]
    for name in _NOT_MODELLED:
        if given.get(name):
            raise errors.not_modelled(f"{name} of CreateModel")
    if given.get("Mode") == "MultiModel":
        raise errors.not_modelled("a container of Mode MultiModel of CreateModel")
    if given.get("ModelPackageName"):
        return _of_package(call, given)
    if not given.get("Image"):
        raise errors.validation("A container needs an Image or a ModelPackageName.")
    return Container(str(given["Image"]), str(given.get("ModelDataUrl") or ""), given.get("Environment") or {})


def _of_package(call: Call, given: Mapping[str, Any]) -> Container:
    """What a registered version says, with the container's own variables over its."""
    package = registry_packages.find(call, str(given["ModelPackageName"]), "sagemaker:CreateModel")
    if package.approval not in (None, "Approved"):
        # CreateModelPackage's reference: ModelApprovalStatus "must be set to Approved to deploy the model".
        raise errors.validation(f"Model package {package.arn} cannot be deployed: its status is {package.approval}.")
    specification = package.given.get("InferenceSpecification")
    if not specification:
        raise errors.validation(f"Model package {package.arn} has no InferenceSpecification to deploy.")
    if len(specification["Containers"]) > 1:
        raise errors.not_modelled("a model package with several containers of CreateModel")
    found = specification["Containers"][0]
    variables = {**(found.get("Environment") or {}), **(given.get("Environment") or {})}
    return Container(str(found.get("Image") or ""), str(found.get("ModelDataUrl") or ""), variables)


def _check_role(call: Call, own: str, container: Container) -> None:
    """The execution role must trust SageMaker, be able to pull the image and to see the archive."""
    role = call.get("ExecutionRoleArn")
    if not role:
        raise errors.validation("ExecutionRoleArn is required.")
    if str(role).split(":")[4] != call.account_id:
        raise errors.validation("Cross-account pass role is not allowed.")
    try:
        session = session_of(str(role), call.account_id, own)
    except NotTrustedError:
        raise errors.validation(
            f"Could not assume role {role}. Please ensure that the role exists and allows principal "
            f"'{PRINCIPAL}' to assume the role."
        ) from None
    try:
        jobs_images.demand(container.image, session.caller)
    except jobs_images.ImageError as error:
        raise errors.validation(
            f"Role {role} cannot pull {container.image}. Ensure that the role exists and the image was granted pull "
            f"permission. ({error.reason})"
        ) from None
    if not container.archive:
        return
    try:
        artifacts.look(acting.client("s3", call.region, session), container.archive)
    except artifacts.UnreadableArchiveError as error:
        if error.absent:
            raise errors.validation(f"Could not find model data at {container.archive}.") from None
        raise errors.validation(
            f'Could not access model data at {container.archive}. Please ensure that the role "{role}" exists and '
            f'that its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"{PRINCIPAL}". '
            f'Also ensure that the role has "s3:GetObject" permissions and that the object is located in {call.region}.'
        ) from None


def _describe(call: Call) -> Answer:
    model = find(call.account_id, call.region, str(call["ModelName"]))
    return {"ModelName": model.name, "ModelArn": model.arn, "CreationTime": model.created, **model.given}


def _list(call: Call) -> Answer:
    summaries = [
        {"ModelName": each.name, "ModelArn": each.arn, "CreationTime": each.created}
        for each in _models(call.account_id, call.region).values()
    ]
    shown, token = paging.listed(summaries, call.parameters, "ModelName")
    return {"Models": shown, "NextToken": token}


def _delete(call: Call) -> Answer:
    with LOCK:
        model = find(call.account_id, call.region, str(call["ModelName"]))
        del _models(call.account_id, call.region)[model.name]
        tags.close_for(model.arn)
    return {}


OPERATIONS = {"CreateModel": _create, "DescribeModel": _describe, "ListModels": _list, "DeleteModel": _delete}
