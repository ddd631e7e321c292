"""API models are read as data, and method names are those that boto3's clients have."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore import xform_name

from harness.documents.apimodels import UnknownServiceError, method_name, methods, model, paginated, waiters
from tests.support.repository import PROJECT

SERVICES = ("dynamodb", "ecr", "mturk", "s3", "sagemaker", "socialmessaging", "sqs", "storagegateway")


@pytest.mark.parametrize("service", SERVICES)
def test_methods_have_the_names_that_botocore_gives_them(service: str) -> None:
    operations = model(service)["operations"]
    assert {each: method_name(each) for each in operations} == {each: xform_name(each) for each in operations}


def test_paginators_and_waiters_are_known() -> None:
    assert "ListObjectsV2" in paginated("s3")
    assert "GetObject" not in paginated("s3")
    assert waiters("sagemaker")["endpoint_in_service"] == "DescribeEndpoint"
    assert methods("sagemaker-runtime")["invoke_endpoint"] == "InvokeEndpoint"


def test_a_service_that_does_not_exist_is_told() -> None:
    with pytest.raises(UnknownServiceError, match="sagemakr"):
        model("sagemakr")


def test_no_aws_client_is_loaded_for_it() -> None:
    code = "import harness.documents.apimodels as a, sys; a.model('sagemaker'); print('botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
