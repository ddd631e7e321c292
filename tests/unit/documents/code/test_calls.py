"""Calls of AWS are found wherever a client goes in a function's code, and what cannot be followed is told."""

from __future__ import annotations

import pytest

from harness.documents.code import archive
from harness.documents.code.clients import Calls, calls
from harness.documents.code.rights import UnknownRightError, of_call
from harness.documents.code.texts import filled
from harness.documents.code.values import OTHER_ROLE, OWN_ROLE


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
        "    make()\n    K.get_object()\n\nK = None\n\ndef make():\n    global K\n    K = boto3.client('s3')\n",
        "    list(map(one, [1]))\n\ndef one(x):\n    return boto3.client('s3').get_object()\n",
        "    print({'a': one})\n\ndef one():\n    return boto3.client('s3').get_object()\n",
        "    for client in many():\n        client.get_object()\n\ndef many():\n    yield boto3.client('s3')\n",
        "    A().x.get_object()\n\nclass A:\n    x = boto3.client('s3')\n",
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
    made = {f"{each.service}:{each.operation}": each.role for each in found(main=main).calls}
    assert made == {"sts:AssumeRole": OWN_ROLE, "s3:PutObject": OTHER_ROLE}


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


def arguments(body: str, environment: dict[str, str] | None = None, **modules: str) -> dict[str, list[str]]:
    """What the one call is given, once the environment is known."""
    (call,) = found(main=f"import json\nimport os\n{HEAD}{body}", **modules).calls
    return {
        name: sorted({each for text in given for each in filled(text, environment or {})})
        for name, given in call.arguments
    }


@pytest.mark.parametrize(
    ("body", "bucket"),
    [
        ("    boto3.client('s3').get_object(Bucket='b')\n", ["b"]),
        ("    name = 'a'\n    boto3.client('s3').get_object(Bucket=f'{name}-b')\n", ["a-b"]),
        ("    boto3.client('s3').get_object(Bucket='a-' + event['b'])\n", ["a-*"]),
        ("    boto3.client('s3').get_object(Bucket=os.environ['BUCKET'])\n", ["of-the-stack"]),
        ("    boto3.client('s3').get_object(Bucket=os.environ.get('BUCKET', 'x'))\n", ["of-the-stack"]),
        ("    boto3.client('s3').get_object(Bucket=os.getenv('BUCKET'))\n", ["of-the-stack"]),
        ("    boto3.client('s3').get_object(Bucket=os.environ['GONE'])\n", ["*"]),
        ("    boto3.client('s3').get_object(Bucket=event['b'])\n", ["*"]),
        ("    boto3.client('s3').get_object(**{'Bucket': 'b'})\n", ["b"]),
        ("    given = dict(Bucket='b')\n    boto3.client('s3').get_object(**given)\n", ["b"]),
        ("    settings = json.loads(os.environ['JSON'])\n    get(settings['Stores'][event['x']])\n", ["one", "two"]),
        (
            "    for name in ('one', 'two'):\n        get(json.loads(os.environ['JSON'])['Stores'][name])\n",
            ["one", "two"],
        ),
        ("    bucket, _, key = 's3://b/k'.removeprefix('s3://').partition('/')\n    get(bucket)\n", ["b"]),
        ("    names = []\n    names.append('b')\n    for name in names:\n        get(name)\n", ["b"]),
        ("    for key, value in {'k': 'b'}.items():\n        get(value)\n", ["b"]),
        ("    name = 'a'\n    while event:\n        name += 'a'\n    get(name)\n", ["*", "a"]),
        ("    name = 'a'\n    while event:\n        name = f'{name}a'\n    get(name)\n", None),
        ("    list(map(get, event))\n    get('b')\n", ["*", "b"]),
    ],
)
def test_an_argument_is_followed_as_far_as_it_is_known(body: str, bucket: list[str] | None) -> None:
    helper = "\ndef get(name):\n    boto3.client('s3').get_object(Bucket=name)\n"
    environment = {"BUCKET": "of-the-stack", "JSON": '{"Stores": {"one": "one", "two": "two"}}'}
    given = arguments(body + (helper if "get(" in body.replace("environ.get(", "") else ""), environment)["Bucket"]
    assert given == bucket if bucket is not None else "*" in given


def test_what_one_call_of_a_function_gives_is_not_what_another_gives() -> None:
    main = """\
import boto3

def name(of):
    return f"{of}-store"

def handle(event, context):
    boto3.client("s3").get_object(Bucket=name("a"))
    boto3.client("s3").put_object(Bucket=name("b"))
"""
    given = {each.operation: dict(each.arguments)["Bucket"] for each in found(main=main).calls}
    assert given == {"GetObject": {"a-store"}, "PutObject": {"b-store"}}


def test_an_argument_within_another_goes_by_both_names() -> None:
    body = "    boto3.client('s3').copy({'Bucket': 'a', 'Key': 'b'}, 'c', 'd')\n"
    assert arguments(body) == {"CopySource.Bucket": ["a"], "CopySource.Key": ["b"], "Bucket": ["c"], "Key": ["d"]}
    body = "    boto3.client('events').put_events(Entries=[{'EventBusName': 'a'}])\n"
    assert arguments(body) == {"Entries.EventBusName": ["a"]}


def test_a_method_that_is_handed_on_may_be_called_with_anything() -> None:
    (call,) = found(main=f"import threading\n{HEAD}    threading.Thread(boto3.client('s3').get_object)\n").calls
    assert (call.operation, call.arguments, call.whole) == ("GetObject", (), False)


def test_a_client_of_an_assumed_role_acts_as_that_role() -> None:
    main = """\
import os
import boto3

class Away:
    def __init__(self, account):
        role = f"arn:aws:iam::{account}:role/helper"
        given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="a")["Credentials"]
        self.session = boto3.Session(aws_access_key_id=given["AccessKeyId"], aws_secret_access_key="-")

    def client(self, service):
        return self.session.client(service)

def handle(event, context):
    Away(os.environ["ACCOUNT"]).client("s3").get_object()
    credentials = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::2:role/b")["Credentials"]
    boto3.client("sqs", aws_access_key_id=credentials["AccessKeyId"]).send_message()
"""
    made = {each.operation: filled(each.role, {"ACCOUNT": "1"}) for each in found(main=main).calls if each.role}
    assert made == {"GetObject": {"arn:aws:iam::1:role/helper"}, "SendMessage": {"arn:aws:iam::2:role/b"}}


def test_a_declared_need_is_found_with_its_line() -> None:
    ((action, place),) = found(main=f"{HEAD}    # needs iam:PassRole: the job takes the role\n    return 1\n").needed
    assert (action, place.path, place.line) == ("iam:PassRole", "main.py", 4)


def test_handlers_are_found_and_must_take_an_event_and_a_context() -> None:
    made = read(
        main="def handle(event, context): ...\ndef one(event): ...\ndef many(*given): ...\n"
        "def more(event, context, *, needed): ...\n",
        broken="def (",
    )
    assert archive.handler_problem(made, "main.handle") is None
    assert archive.handler_problem(made, "main.many") is None
    wrong = {
        name: (problem.problem, problem.place.path, problem.remedy)
        for name in ("main.one", "main.more", "main.gone", "gone.handle")
        if (problem := archive.handler_problem(made, name)) is not None
    }
    assert wrong == {
        "main.one": ("main.one does not take an event and a context", "main.py", "write def one(event, context)"),
        "main.more": ("main.more does not take an event and a context", "main.py", "write def more(event, context)"),
        "main.gone": (
            "module main has no function gone", "", "define it, or name one of: handle, many, more, one",
        ),
        "gone.handle": (
            "there is no module gone in the archive", "", "write package.module.function; there are: main",
        ),
    }  # fmt: skip
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
