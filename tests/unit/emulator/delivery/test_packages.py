"""CodeArtifact: who gets a token, what it opens, and what pip in a build makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.cfn.model import ResourceFailure
from harness.emulator import acting
from tests.support.tools import tool
from tests.unit.emulator.cloudformation.things import changed, made, removed
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.delivery import things

SERVICE = "codebuild.amazonaws.com"


def _policy(account: str, *actions: str) -> dict[str, Any]:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"}],
    }


def _permissions(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


TOKEN, BEARER = "codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"
ENDPOINT, READ = "codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"


def _hub(hub: Tenant, reader: Tenant, *of_repository: str) -> None:
    """A domain with a repository that the reader's account may use so far."""
    domain = _policy(reader.id, TOKEN)
    made(hub, "AWS::CodeArtifact::Domain", DomainName="platform", PermissionsPolicyDocument=domain)
    given = {"DomainName": "platform", "RepositoryName": "approved"}
    policy = _policy(reader.id, *of_repository)
    made(hub, "AWS::CodeArtifact::Repository", **given, PermissionsPolicyDocument=policy)


def _as(tenant: Tenant, *actions: str) -> Any:
    """CodeArtifact for a role that may do these."""
    role = things.role(tenant, "reader", {"Service": SERVICE}, _permissions(*actions))
    return acting.client("codeartifact", REGION, acting.credentials(role, SERVICE, tenant.id))


def test_a_domain_and_its_repositories_are_what_the_template_says_and_go_again(tenant: Tenant) -> None:
    domain = made(tenant, "AWS::CodeArtifact::Domain", DomainName="platform")
    assert domain.id == f"arn:aws:codeartifact:{REGION}:{tenant.id}:domain/platform"
    assert (domain.attribute("Name"), domain.attribute("Owner")) == ("platform", tenant.id)
    given = {"DomainName": "platform", "RepositoryName": "incoming"}
    repository = made(tenant, "AWS::CodeArtifact::Repository", **given, ExternalConnections=["public:pypi"])
    client = tenant.client("codeartifact")
    named = {"domain": "platform", "repository": "incoming"}
    found = client.describe_repository(**named)["repository"]
    assert [each["externalConnectionName"] for each in found["externalConnections"]] == ["public:pypi"]
    assert client.describe_domain(domain="platform")["domain"]["repositoryCount"] == 1
    changed(repository, **given, Description="now described", Tags=[{"Key": "own", "Value": "yes"}])
    found = client.describe_repository(**named)["repository"]
    assert (found["description"], found["externalConnections"]) == ("now described", [])
    tags = client.list_tags_for_resource(resourceArn=repository.id)["tags"]
    assert {each["key"]: each["value"] for each in tags} == {"own": "yes", "team": "risk"}
    assert [each["name"] for each in client.list_repositories(repositoryPrefix="inc")["repositories"]] == ["incoming"]
    with pytest.raises(ClientError, match="ConflictException"):
        client.delete_domain(domain="platform")
    removed(repository)
    removed(domain)
    assert client.list_domains()["domains"] == []


def test_policies_are_kept_and_change_by_revision(tenant: Tenant) -> None:
    made(tenant, "AWS::CodeArtifact::Domain", DomainName="platform", PermissionsPolicyDocument=_policy("1" * 12, TOKEN))
    client = tenant.client("codeartifact")
    kept = client.get_domain_permissions_policy(domain="platform")["policy"]
    assert json.loads(kept["document"])["Statement"][0]["Action"] == [TOKEN]
    client.put_domain_permissions_policy(domain="platform", policyDocument="{}")
    with pytest.raises(ClientError, match="ConflictException"):
        client.put_domain_permissions_policy(domain="platform", policyDocument="{}", policyRevision=kept["revision"])
    client.delete_domain_permissions_policy(domain="platform")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_domain_permissions_policy(domain="platform")


@pytest.mark.parametrize("missing", [TOKEN, BEARER])
def test_a_token_takes_the_right_of_both_services(new_tenant: Callable[[], Tenant], missing: str) -> None:
    hub, team = new_tenant(), new_tenant()
    _hub(hub, team)
    with pytest.raises(ClientError, match=f"not authorized to perform: {missing}"):
        _as(team, *({TOKEN, BEARER} - {missing})).get_authorization_token(domain="platform", domainOwner=hub.id)


def test_another_accounts_domain_gives_tokens_to_whom_its_policy_lets_in(new_tenant: Callable[[], Tenant]) -> None:
    hub, team, stranger = new_tenant(), new_tenant(), new_tenant()
    _hub(hub, team, ENDPOINT)
    named = {"domain": "platform", "domainOwner": hub.id}
    client = _as(team, TOKEN, BEARER, ENDPOINT)
    assert client.get_authorization_token(**named, durationSeconds=900)["authorizationToken"]
    endpoint = client.get_repository_endpoint(**named, repository="approved", format="pypi")["repositoryEndpoint"]
    assert endpoint == f"https://platform-{hub.id}.d.codeartifact.{REGION}.amazonaws.com/pypi/approved/"
    with pytest.raises(ClientError, match=f"not authorized to perform: {TOKEN}"):
        _as(stranger, TOKEN, BEARER).get_authorization_token(**named)


def test_root_gets_no_token(tenant: Tenant) -> None:
    made(tenant, "AWS::CodeArtifact::Domain", DomainName="platform")
    with pytest.raises(ClientError, match="Root users cannot call GetAuthorizationToken"):
        tenant.client("codeartifact").get_authorization_token(domain="platform")


def test_what_is_not_there_is_not_found(tenant: Tenant) -> None:
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*Domain 'nothing' does not exist"):
        tenant.client("codeartifact").describe_domain(domain="nothing")


def _build(hub: Tenant, team: Tenant, *commands: str, **settings: Any) -> tuple[str, str]:
    """Status and log of a build in the team's account, after a login to the hub's repository."""
    login = f"aws codeartifact login --tool pip --domain platform --domain-owner {hub.id} --repository approved"
    lines = "".join(f"      - {each}\n" for each in (login, *commands))
    name = things.project(team, "packages", f"version: 0.2\nphases:\n  build:\n    commands:\n{lines}", **settings)
    build = things.built(team, name)
    return build["buildStatus"], "\n".join(things.log(team, build))


def test_a_build_logs_in_and_finds_what_is_in_this_environment(new_tenant: Callable[[], Tenant]) -> None:
    tool("aws")
    hub, team = new_tenant(), new_tenant()
    _hub(hub, team, ENDPOINT, READ)
    status, log = _build(hub, team, "pip install pytest", "pip install nosuchpackage")
    assert "Successfully configured pip to use AWS CodeArtifact repository" in log
    assert "Requirement already satisfied: pytest" in log
    assert "ERROR: nosuchpackage is not in this environment" in log
    assert status == "FAILED"


def test_a_build_that_may_not_read_from_the_repository_installs_nothing(new_tenant: Callable[[], Tenant]) -> None:
    tool("aws")
    hub, team = new_tenant(), new_tenant()
    _hub(hub, team, ENDPOINT)
    status, log = _build(hub, team, "pip install pytest")
    assert f"is not authorized to perform: {READ} on resource" in log
    assert "Requirement already satisfied" not in log
    assert "//****@platform-" in log
    assert status == "FAILED"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("pip install pytest", "no index is configured, and from a VPC without a way out"),
        ("pip install -i https://pypi.example/simple pytest", "reaches indexes of CodeArtifact alone"),
        ("PIP_INDEX_URL=https://pypi.example/simple pip install pytest", "reaches indexes of CodeArtifact alone"),
    ],
)
def test_a_build_in_a_vpc_reaches_no_other_index(tenant: Tenant, command: str, reason: str) -> None:
    vpc = {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    spec = f"version: 0.2\nphases:\n  build:\n    commands: ['{command}']\n"
    build = things.built(tenant, things.project(tenant, "vpc", spec, vpcConfig=vpc))
    assert build["buildStatus"] == "FAILED"
    assert reason in "\n".join(things.log(tenant, build))


def test_requirements_that_name_an_index_of_their_own_are_refused(tenant: Tenant) -> None:
    lines = ["printf -- '--index-url https://pypi.example\\npytest\\n' > own.txt", "pip install --requirement own.txt"]
    spec = f"version: 0.2\nphases:\n  build:\n    commands: {json.dumps(lines)}\n"
    build = things.built(tenant, things.project(tenant, "own-index", spec))
    assert "ERROR: own.txt names an index of its own" in "\n".join(things.log(tenant, build))
    assert build["buildStatus"] == "FAILED"


def test_an_external_connection_is_one_that_there_is(tenant: Tenant) -> None:
    made(tenant, "AWS::CodeArtifact::Domain", DomainName="own")
    given = {"DomainName": "own", "RepositoryName": "all"}
    with pytest.raises(ResourceFailure, match="'public:nowhere' is no external connection"):
        made(tenant, "AWS::CodeArtifact::Repository", **given, ExternalConnections=["public:nowhere"])
