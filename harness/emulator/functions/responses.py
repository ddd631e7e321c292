"""Lambda's API where functions run: Invoke, what is kept beyond moto, and what Lambda checks when one is made."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig, EventSourceMapping
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult
from moto.sqs.models import sqs_backends

from harness.emulator import acting, bucketpolicies, identity, policy
from harness.emulator.arns import Arn
from harness.emulator.awserror import RefusedError
from harness.emulator.functions import asynchronous, invoke, settings, sources
from harness.emulator.identity import PARTITION

_LARGEST = {"RequestResponse": 6_291_556, "Event": 1_048_576, "DryRun": 6_291_556}
_Answer = tuple[int, dict[str, str], str]


class FunctionsResponse(LambdaResponse):  # type: ignore[misc] # moto is not typed for us
    """moto's functions, which really run."""

    def create_function(self) -> Any:
        """Refuses a name that is taken, code that the caller may not read, and a role that Lambda cannot assume."""
        given = self.json_body
        self._check_name(str(given["FunctionName"]))
        self._check_role(str(given["Role"]))
        self._check_code(given["Code"])
        made = super().create_function()
        name = given["FunctionName"].rsplit(":", 1)[-1]
        function = self.backend.get_function(name)
        settings.keep(function, given)
        return made

    def update_function_configuration(self) -> Any:
        """The same for a new role."""
        if role := self.json_body.get("Role"):
            self._check_role(str(role))
        return super().update_function_configuration()

    def update_function_code(self) -> Any:
        """The same for new code."""
        self._check_code(self.json_body)
        return super().update_function_code()

    def publish_version(self) -> _Answer:
        """Freezes code and configuration under a new number; the last version where nothing has changed since."""
        name = unquote(self.path.split("/")[-2])
        given = json.loads(self.body or "{}")
        function = self.backend.get_function(name)
        if given.get("CodeSha256") and given["CodeSha256"] != function.code_sha_256:
            message = f"CodeSHA256 ({given['CodeSha256']}) is different from current CodeSHA256 in $LATEST."
            raise RefusedError("InvalidParameterValueException", message)
        account, region = str(self.current_account), str(self.region)
        made = settings.publish_version(account, region, name, str(given.get("Description") or ""))
        return 201, {"status": "201"}, json.dumps(made.get_configuration())

    def invoke(self) -> _Answer:
        """Runs a function, or takes an event for it."""
        kind = str(self.headers.get("X-Amz-Invocation-Type") or "RequestResponse")
        try:
            account, name, qualifier = self._asked()
            function = settings.snapshot(account, str(self.region), name, qualifier)
            event = self._event(kind)
        except invoke.NotRunError as error:
            return _refused(error)
        arn = function.arn + (f":{qualifier}" if qualifier else "")
        if kind == "DryRun":
            return 204, {"status": "204"}, ""
        if kind == "Event":
            asynchronous.accept(
                asynchronous.Invocation(account, str(self.region), function.name, qualifier, arn, event)
            )
            return 202, {"status": "202"}, ""
        try:
            result = invoke.run(function, event, arn)
        except invoke.NotRunError as error:
            return _refused(error)
        headers = {"content-type": "application/json", "X-Amz-Executed-Version": result.version}
        headers["x-amzn-RequestId"] = result.request_id
        if result.error:
            headers["X-Amz-Function-Error"] = result.error
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(result.tail.encode()).decode()
        return 200, headers, result.payload

    def invoke_async(self) -> Any:
        """Deprecated at AWS."""
        raise NotImplementedError

    def _asked(self) -> tuple[str, str, str | None]:
        """Account, name and qualifier of the function that is invoked. Raises NotRunError."""
        given = unquote(self.path.rsplit("/", 2)[-2])
        try:
            _, account, name, qualifier = settings.parse(given)
        except ValueError:
            raise invoke.NotRunError("ValidationException", f"{given} is no name of a function") from None
        owner, who = account or str(self.current_account), identity.caller_of(self)
        qualifier = qualifier or self._get_param("Qualifier")
        if owner != who.account_id and not self._lets_in(owner, name, qualifier):
            arn = f"arn:{PARTITION}:lambda:{self.region}:{owner}:function:{name}"
            message = (
                f"User: {who.arn} is not authorized to perform: lambda:InvokeFunction on resource: {arn} "
                "because no resource-based policy allows the lambda:InvokeFunction action"
            )
            raise invoke.NotRunError("AccessDeniedException", message, 403)
        return owner, name, qualifier

    def _lets_in(self, owner: str, name: str, qualifier: str | None) -> bool:
        who = identity.caller_of(self)
        function = settings.found(owner, str(self.region), name, qualifier)
        statements = {"Version": "2012-10-17", "Statement": function.policy.statements}
        action, arn = "lambda:InvokeFunction", str(function.function_arn)
        return policy.lets_in(statements, policy.principal(who), action, arn, policy.context_of(who))

    def _event(self, kind: str) -> str:
        if kind not in _LARGEST:
            raise invoke.NotRunError("InvalidParameterValueException", f"{kind} is no type of invocation")
        body = self.body.decode("utf-8", "replace") if isinstance(self.body, bytes) else str(self.body or "")
        if len(body.encode()) > _LARGEST[kind]:
            message = f"{len(body.encode())} byte payload is too large for the {kind} invocation type"
            raise invoke.NotRunError("RequestTooLargeException", message, 413)
        try:
            json.loads(body or "{}")
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise invoke.NotRunError("InvalidRequestContentException", message) from None
        return body or "{}"

    def _check_name(self, given: str) -> None:
        name = given.rsplit(":", 1)[-1]
        if name in self.backend._lambdas._functions:  # moto would put the new one in its place
            raise RefusedError("ResourceConflictException", f"Function already exist: {name}")

    def _check_role(self, role: str) -> None:
        try:
            acting.credentials(role, invoke.PRINCIPAL, str(self.current_account))
        except acting.NotTrustedError:
            message = "The role defined for the function cannot be assumed by Lambda."
            raise RefusedError("InvalidParameterValueException", message) from None

    def _check_code(self, given: dict[str, Any]) -> None:
        bucket, key = given.get("S3Bucket"), given.get("S3Key")
        if bucket and not bucketpolicies.may(identity.caller_of(self), "GetObject", bucket, key):
            message = (
                "Your access has been denied by S3, please make sure your request credentials have permission to "
                f"GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
            )
            raise RefusedError("AccessDeniedException", message)

    def create_event_source_mapping(self) -> Any:
        """Refuses a queue that shows messages again while the function still works on them, and a second mapping."""
        given = self.json_body
        source, name = str(given.get("EventSourceArn")), str(given["FunctionName"])
        if source.split(":")[2:3] != ["sqs"]:
            return super().create_event_source_mapping()
        arn, function = Arn.parse(source), self.backend.get_function(name)
        queue = sqs_backends[arn.account][arn.region].queues.get(arn.resource)
        if queue is None:
            message = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue"
            raise RefusedError("InvalidParameterValueException", message)
        if problem := sources.problem_of(queue, int(function.timeout)):
            raise RefusedError("InvalidParameterValueException", problem)
        for each in self.backend.list_event_source_mappings(source, None):
            if each.function_arn == self._mapped(name):
                message = f"An event source mapping with SQS arn and function already exists. UUID {each.uuid}"
                raise RefusedError("ResourceConflictException", message)
        spec = {**given, "RegionName": str(self.region), "AccountId": str(self.current_account)}
        made = EventSourceMapping({**spec, "FunctionArn": self._mapped(name)})
        self.backend._event_source_mappings[made.uuid] = made
        sources.arrived(source)
        return 202, {"status": "202"}, json.dumps(made.get_configuration())

    def update_event_source_mapping(self) -> Any:
        """moto's; a mapping that is enabled again reads what waits."""
        answer = super().update_event_source_mapping()
        found = self.backend.get_event_source_mapping(self.path.split("/")[-1])
        if found is not None and ":sqs:" in found.event_source_arn:
            sources.arrived(found.event_source_arn)
        return answer

    def _mapped(self, name: str) -> str:
        """The ARN that a mapping invokes: of the version or alias, where the name says one."""
        _, _, bare, qualifier = settings.parse(name)
        arn = f"arn:{PARTITION}:lambda:{self.region}:{self.current_account}:function:{bare}"
        return f"{arn}:{qualifier}" if qualifier else arn

    def put_function_event_invoke_config(self) -> ActionResult:
        """Replaces how asynchronous invocations of a version or alias are treated."""
        return self._keep_invoke_config(lambda _, given: given)

    def update_function_event_invoke_config(self) -> ActionResult:
        """Changes a part of it."""
        return self._keep_invoke_config(lambda before, given: {**before, **given})

    def _keep_invoke_config(self, merged: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]) -> ActionResult:
        function = self.backend.get_function(self._named())
        kept = settings.invoke_configs(function)
        before = kept[self._qualifier()].config if self._qualifier() in kept else {}
        given = {key: value for key, value in self.json_body.items() if value is not None}
        arn = f"{function.function_arn}:{self._qualifier()}"
        made = EventInvokeConfig(arn, function.last_modified, merged(before, given))
        kept[self._qualifier()] = made
        return ActionResult(_told(made))

    def get_function_event_invoke_config(self) -> ActionResult:
        """How asynchronous invocations are treated."""
        function = self.backend.get_function(self._named())
        kept = settings.invoke_configs(function).get(self._qualifier())
        if kept is None:
            raise UnknownEventConfig(f"{function.function_arn}:{self._qualifier()}")
        return ActionResult(_told(kept))

    def delete_function_event_invoke_config(self) -> _Answer:
        """Back to what holds where nothing is said."""
        self.get_function_event_invoke_config()
        settings.invoke_configs(self.backend.get_function(self._named())).pop(self._qualifier())
        return 204, {"status": "204"}, ""

    def list_function_event_invoke_configs(self) -> ActionResult:
        """All of a function."""
        function = self.backend.get_function(unquote(self.path.rsplit("/", 3)[1]))
        kept = settings.invoke_configs(function).values()
        return ActionResult({"FunctionEventInvokeConfigs": [_told(each) for each in kept]})

    def _named(self) -> str:
        return unquote(self.path.rsplit("/", 2)[1])

    def _qualifier(self) -> str:
        return str(self._get_param("Qualifier") or "$LATEST")


def _told(config: EventInvokeConfig) -> dict[str, Any]:
    told = {key: value for key, value in config.response().items() if key not in ("FunctionName", "Qualifier")}
    return {**told, "LastModified": None} if not isinstance(told.get("LastModified"), float) else told


def _refused(error: invoke.NotRunError) -> _Answer:
    headers = {"x-amzn-ErrorType": error.code, "content-type": "application/json", "status": str(error.status)}
    told = {"Type": "User", "Message": error.message, "message": error.message}
    return error.status, headers, json.dumps(told)


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    settings.install()
    for path in urls.url_paths:
        urls.url_paths[path] = FunctionsResponse.dispatch
