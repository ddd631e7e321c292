"""Calls of AWS are found wherever a client goes in a function's code, and what cannot be followed is told."""

from __future__ import annotations

import pytest

from harness.documents.code import archive
from harness.documents.code.clients import Calls, calls
from harness.documents.code.rights import UnknownRightError, of_call


def read(**modules: str) -> archive.Archive:
    """An archive of these modules; `a__b` stands for a/b.py."""
    names = {f"{name.replace('__', '/')}.py": text for name, text in modules.items()}
    return archive.read({name: archive.Source(name, text) for name, text in names.items()})


def found(handler: str = "main.handle", **modules: str) -> Calls:
    return calls(read(**modules), handler)


def operations(main: str, **modules: str) -> set[str]:
    result = found(main=main, **modules)
    assert result.findings == ()
    return {f"{each.service}:{each.operation}" for each in result.calls}


HEAD = "import boto3\n\ndef handle(event, context):\n"


@pytest.mark.parametrize(
    "body",
    [
        "    boto3.client('s3').get_object()\n",
        "    s3 = boto3.client('s3')\n    s3.get_object()\n",
        "    a, b = boto3.client('s3'), 1\n    a.get_object()\n",
        "    helper(boto3.client('s3'))\n\ndef helper(client):\n    client.get_object()\n",
        "    helper(client=boto3.client('s3'))\n\ndef helper(*, client):\n    client.get_object()\n",
        "    made().get_object()\n\ndef made():\n    return boto3.client('s3')\n",
        "    for each in [boto3.client('s3')]:\n        each.get_object()\n",
        "    helper(boto3.client('s3').get_object)\n\ndef helper(call):\n    call()\n",
        "    run = lambda client: client.get_object()\n    run(boto3.client('s3'))\n",
        "    name = 's3'\n    boto3.client(name).get_object()\n",
        "    boto3.Session().client('s3').get_object()\n",
        "    with boto3.client('s3') as client:\n        client.get_object()\n",
        "    clients = {'a': boto3.client('s3')}\n    clients['a'].get_object()\n",
        "    [client.get_object() for client in (boto3.client('s3'),)]\n",
        "    (boto3.client('s3') if event else None).get_object()\n",
    ],
)
def test_a_client_is_followed(body: str) -> None:
    assert operations(HEAD + body) == {"s3:GetObject"}


def test_a_client_is_followed_through_objects() -> None:
    main = """\
from dataclasses import dataclass
from typing import Any
import boto3

@dataclass
class Clients:
    s3: Any
    sqs: Any

class Store:
    def __init__(self, client):
        self._client = client

    @property
    def client(self):
        return self._client

    def read(self):
        return self.client.head_object()

def handle(event, context):
    clients = Clients(boto3.client("s3"), sqs=boto3.client("sqs"))
    Store(clients.s3).read()
    send(clients)

def send(clients: Clients):
    clients.sqs.send_message()
"""
    assert operations(main) == {"s3:HeadObject", "sqs:SendMessage"}


def test_a_client_is_followed_over_modules_and_what_the_handler_does_not_reach_is_left_out() -> None:
    main = "import boto3\nfrom package.work import copy\n\ndef handle(event, context):\n    copy(boto3.client('s3'))\n"
    work = "from . import other\n\ndef copy(s3):\n    other.move(s3)\n\ndef unused(s3):\n    s3.delete_object()\n"
    other = "def move(s3):\n    s3.copy({}, 'a', 'b')\n"
    assert operations(main, package____init__="", package__work=work, package__other=other) == {"s3:copy"}


def test_paginators_and_waiters_stand_for_what_they_call() -> None:
    paginator = "    s3 = boto3.client('s3')\n    s3.get_paginator('list_objects_v2').paginate()\n"
    assert operations(f"{HEAD}{paginator}    s3.get_waiter('object_exists')\n") == {"s3:ListObjectsV2", "s3:HeadObject"}


def test_calls_with_other_credentials_are_not_those_of_the_functions_role() -> None:
    main = """\
import boto3

def handle(event, context):
    given = boto3.client("sts").assume_role()["Credentials"]
    session = boto3.Session(aws_access_key_id=given["AccessKeyId"])
    session.client("s3").put_object()
"""
    assert operations(main) == {"sts:AssumeRole"}


def test_what_cannot_be_followed_or_is_not_there_is_told() -> None:
    def problems(body: str) -> list[str]:
        return [each.problem for each in found(main=HEAD + body).findings]

    assert problems("    boto3.client('s3').get_objekt()\n") == ["boto3's client of s3 has no method get_objekt"]
    assert problems("    boto3.client(event['a'])\n") == ["which service this is cannot be followed"]
    assert problems("    boto3.client('s4')\n") == ["boto3 knows no service s4"]
    assert problems("    boto3.resource('s3')\n") == ["resources of boto3 cannot be followed"]
    assert problems("    boto3.client('s3').get_paginator('get_object')\n") == [
        "boto3's client of s3 has no paginator get_object"
    ]
    assert problems("    boto3.client('s3').put_object()\n    event['client'].get_object()\n") == [
        "get_object(…) looks like a call of AWS, but whose client it is cannot be followed"
    ]


def test_a_declared_need_is_found_with_its_line() -> None:
    ((action, place),) = found(main=f"{HEAD}    # needs iam:PassRole: the job takes the role\n    return 1\n").needed
    assert (action, place.path, place.line) == ("iam:PassRole", "main.py", 4)


def test_handlers_are_found_and_must_take_an_event_and_a_context() -> None:
    made = read(main="def handle(event, context): ...\ndef one(event): ...\ndef many(*given): ...\n", broken="def (")
    assert archive.handler_problem(made, "main.handle") == ""
    assert archive.handler_problem(made, "main.many") == ""
    assert archive.handler_problem(made, "main.one") == "main.one does not take an event and a context"
    assert archive.handler_problem(made, "main.gone") == "module main has no function gone"
    assert archive.handler_problem(made, "gone.handle") == "there is no module gone in the archive"
    assert [(each.place.path, each.place.line) for each in made.findings] == [("broken.py", 1)]


def test_operations_need_the_rights_that_iam_knows() -> None:
    assert of_call("s3", "CopyObject").needed == {"s3:GetObject", "s3:PutObject"}
    assert of_call("lambda", "Invoke").needed == {"lambda:InvokeFunction"}
    assert of_call("sagemaker-runtime", "InvokeEndpoint").needed == {"sagemaker:InvokeEndpoint"}
    assert of_call("stepfunctions", "StartExecution").needed == {"states:StartExecution"}
    assert of_call("cloudwatch", "PutMetricData").needed == {"cloudwatch:PutMetricData"}
    assert of_call("sts", "GetCallerIdentity").needed == frozenset()
    assert "s3:AbortMultipartUpload" in of_call("s3", "PutObject").possible


def test_an_operation_whose_right_nobody_knows_is_told() -> None:
    with pytest.raises(UnknownRightError, match="no action s3:WriteGetObjectResponses"):
        of_call("s3", "WriteGetObjectResponses")
