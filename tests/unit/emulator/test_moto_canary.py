"""What the emulator leans on inside moto, which promises none of it. When moto is raised, look here first."""

from __future__ import annotations

import inspect
import os
from importlib.metadata import version

import moto.backend_index
import moto.ecr.models as ecr
import moto.organizations.models as organizations
import moto.sagemaker.models as sagemaker
import moto.sagemaker.urls
import moto.sagemakerruntime.urls
import moto.servicecatalog.urls
import moto.sns.models as sns
import moto.sts.urls
from moto.awslambda.models import LambdaBackend
from moto.cloudwatch.models import CloudWatchBackend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.resource_tagging import TaggableResourcesMixin
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.ecr.responses import ECRResponse
from moto.events.models import EventsBackend
from moto.iam.models import IAMBackend
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey
from moto.logs.models import LogStream
from moto.moto_server import werkzeug_app
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response
from moto.sts.responses import TokenResponse

from harness.emulator import managed_policies


def test_moto_is_the_version_that_the_emulator_was_written_against() -> None:
    assert version("moto") == "5.2.5"


def test_a_response_reads_account_and_key_where_the_gate_puts_them() -> None:
    assert "x-moto-account-id" in inspect.getsource(BaseResponse.get_current_account)
    assert list(inspect.signature(BaseResponse.get_access_key).parameters) in (["self"], ["response"])


def test_an_operation_is_a_method_in_snake_case_that_gives_an_action_result() -> None:
    source = inspect.getsource(BaseResponse.call_action)
    assert "camelcase_to_underscores(self._get_action())" in source
    assert "except ServiceException" in source
    assert issubclass(EmptyResult, ActionResult)
    assert ServiceException("Code", "message").code == "Code"


def test_services_are_found_by_url_paths_and_built_one_by_one() -> None:
    assert "{0}/$" in moto.sts.urls.url_paths
    assert "{0}/$" in moto.servicecatalog.urls.url_paths
    assert "{0}/$" in moto.sagemaker.urls.url_paths
    assert "{0}/endpoints/(?P<name>[^/]+)/invocations$" in moto.sagemakerruntime.urls.url_paths
    assert list(inspect.signature(werkzeug_app.create_backend_app).parameters) == ["service"]
    assert hasattr(werkzeug_app.DomainDispatcherApplication, "get_backend_for_host")
    known = {name for name, _ in moto.backend_index.backend_url_patterns}
    assert {"cloudformation", "servicecatalog", "sts", "sagemaker"} <= known


def test_backends_are_kept_by_account_and_region() -> None:
    class Probe(BaseBackend):
        pass

    backends = BackendDict(Probe, "sqs")
    backend = backends["310000000000"]["eu-west-1"]
    assert (backend.account_id, backend.region_name, backend.partition) == ("310000000000", "eu-west-1", "aws")


def test_identities_are_kept_in_iam() -> None:
    backend = IAMBackend("aws", "310000000000")
    assert backend.access_keys == {}
    assert backend.roles == {}
    assert "_init_aws_policies()" in inspect.getsource(IAMBackend.__init__)
    assert generate_access_key_id_from_account_id("310000000000", prefix="ASIA", total_length=20).startswith("ASIA")
    assert {"assume_role", "get_session_token", "get_caller_identity"} <= set(dir(TokenResponse))


def test_accounts_share_what_managed_policies_say_but_not_how_often_they_are_used() -> None:
    managed_policies.install()
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    one, other = IAMBackend("aws", "310000000000"), IAMBackend("aws", "310000000009")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    one.create_role("r", "{}", "/", None, "", [], 3600)
    one.attach_role_policy(arn, "r")
    assert one.managed_policies[arn].attachment_count == 1
    assert other.managed_policies[arn].attachment_count == 0
    assert one.managed_policies[arn].account_id == "310000000000"


def test_an_organization_can_be_given_ids() -> None:
    backend = organizations.OrganizationsBackend("aws", "310000000000")
    assert {"org", "accounts", "ou"} <= set(vars(backend))
    assert isinstance(organizations.organizations_backends.master_accounts, dict)
    backend.create_organization(region="us-east-1", FeatureSet="ALL")
    management = backend.accounts[0]
    assert {"id", "name", "email", "parent_id", "attached_policies", "tags"} <= set(vars(management))
    assert backend.org is not None
    assert {"id", "root_id"} <= set(vars(backend.org))


def test_what_happens_by_itself_is_hooked_in_where_moto_calls_it() -> None:
    assert "notifications.send_event(" in inspect.getsource(S3Backend.put_object)
    parameters = list(inspect.signature(S3Backend.delete_object).parameters)
    assert parameters[1:] == ["bucket_name", "key_name", "version_id", "bypass"]
    assert "send_test_event" in inspect.getsource(FakeBucket)
    assert "subscription.publish(" in inspect.getsource(sns)
    assert ".publish(" in inspect.getsource(sns.SNSBackend.publish)
    written = inspect.getsource(S3Response)
    assert all(f"return self.{name}_object()" in written for name in ("copy", "delete", "put"))
    assert len(inspect.signature(LogStream.put_log_events).parameters) == 2
    assert "__subclasses__()" in inspect.getsource(CloudWatchBackend.aws_metric_data.fget)
    assert "managed_by" in inspect.getsource(EventsBackend.create_archive)
    assert {"_functions", "_arns"} <= set(vars(LambdaBackend("eu-west-1", "310000000000")._lambdas))
    assert "replay_events(archive)" in inspect.getsource(EventsBackend.start_replay)


def test_what_handlers_reach_for_beyond_the_api_is_there() -> None:
    assert "self.logging" in inspect.getsource(FakeBucket)
    assert "buckets" in vars(S3Backend("aws", "310000000000"))
    backend = sagemaker.SageMakerModelBackend("eu-west-1", "310000000000")
    assert "domains" in vars(backend)
    assert not hasattr(sagemaker.SageMakerModelBackend, "update_domain")


def test_layers_of_images_are_hooked_in_where_ecr_keeps_their_sizes() -> None:
    assert isinstance(inspect.getattr_static(ECRResponse, "ecr_backend"), property)
    made = ecr.Repository("310000000000", "eu-west-1", "models", None, None, "", "MUTABLE")
    assert {"layers", "uploads", "policy", "images"} <= set(vars(made))
    assert "layer_parts" in vars(ecr.LayerUpload("models", "310000000000"))


def test_signatures_are_hooked_in_where_kms_reads_its_requests_and_keeps_its_keys() -> None:
    assert isinstance(inspect.getattr_static(KmsResponse, "kms_backend"), property)
    assert "key.private_key.sign(message, signing_algorithm)" in inspect.getsource(KmsBackend.sign)
    assert "key.private_key.verify(message, signature, signing_algorithm)" in inspect.getsource(KmsBackend.verify)
    assert hasattr(ECDSAPrivateKey("ECC_NIST_P256"), "private_key")


def test_tags_are_asked_of_every_backend_that_says_it_has_some() -> None:
    assert "iter_tagged_resources()" in inspect.getsource(ResourceGroupsTaggingAPIBackend._get_resources_generator)
    assert {"SERVICE_NAMESPACE", "iter_tagged_resources"} <= set(vars(TaggableResourcesMixin))
