"""The operations on domains and repositories, and what both have: policies and tags. Packages are not modelled."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Mapping
from typing import Any

from harness.emulator.delivery.packages import tokens
from harness.emulator.delivery.packages.lookup import by_arn
from harness.emulator.delivery.packages.model import FORMATS, Domain, Repository
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK, Store, store_of
from harness.emulator.identity import PARTITION


def domain_of(call: Call) -> Domain:
    """The domain that a call names, in the account that owns it. Raises ServiceError."""
    name, owner = str(call["domain"]), str(call.get("domainOwner") or call.account_id)
    found = store_of(owner, call.region).domains.get(name)
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"Domain not found. Domain '{name}' does not exist.")
    return found


def repository_of(call: Call) -> Repository:
    """The repository that a call names. Raises ServiceError."""
    domain, name = domain_of(call), str(call["repository"])
    found = _store(domain).package_repositories.get((domain.name, name))
    if found is None:
        message = f"Repository not found. Repository '{name}' in domain '{domain.name}' does not exist."
        raise ServiceError("ResourceNotFoundException", message)
    return found


def _store(domain: Domain) -> Store:
    return store_of(domain.owner, domain.region)


def _of(domain: Domain) -> list[Repository]:
    return [each for each in _store(domain).package_repositories.values() if each.domain.name == domain.name]


def _keep(changed: Domain | Repository) -> None:
    with LOCK:
        if isinstance(changed, Repository):
            _store(changed.domain).package_repositories[changed.domain.name, changed.name] = changed
        else:
            _store(changed).domains[changed.name] = changed


def _create_domain(call: Call) -> Answer:
    name = str(call["domain"])
    if name in call.store.domains:
        raise ServiceError("ConflictException", f"Domain with name '{name}' already exists.")
    key = call.get("encryptionKey") or f"arn:{PARTITION}:kms:{call.region}:{call.account_id}:alias/aws/codeartifact"
    _keep(made := Domain(name, call.account_id, call.region, str(key), tags=_pairs(call)))
    return {"domain": made.described(0)}


def _delete_domain(call: Call) -> Answer:
    domain = domain_of(call)
    if _of(domain):
        raise ServiceError("ConflictException", f"Domain '{domain.name}' cannot be deleted: it has repositories.")
    with LOCK:
        del _store(domain).domains[domain.name]
    return {"domain": domain.described(0)}


def _describe_domain(call: Call) -> Answer:
    domain = domain_of(call)
    return {"domain": domain.described(len(_of(domain)))}


def _create_repository(call: Call) -> Answer:
    domain, name = domain_of(call), str(call["repository"])
    if (domain.name, name) in _store(domain).package_repositories:
        raise ServiceError("ConflictException", f"Repository '{name}' in domain '{domain.name}' already exists.")
    upstreams = _upstreams(call)
    made = Repository(name, domain, call.account_id, str(call.get("description") or ""), upstreams, tags=_pairs(call))
    _keep(made)
    return {"repository": made.described()}


def _update_repository(call: Call) -> Answer:
    found = repository_of(call)
    if (description := call.get("description")) is not None:
        found = dataclasses.replace(found, description=str(description))
    if call.get("upstreams") is not None:
        found = dataclasses.replace(found, upstreams=_upstreams(call))
    _keep(found)
    return {"repository": found.described()}


def _upstreams(call: Call) -> tuple[str, ...]:
    names = tuple(str(each["repositoryName"]) for each in call.get("upstreams") or ())
    known = {each.name for each in _of(domain_of(call))}
    if unknown := sorted(set(names) - known):
        raise ServiceError("ResourceNotFoundException", f"Upstream repository '{unknown[0]}' does not exist.")
    return names


def _delete_repository(call: Call) -> Answer:
    found = repository_of(call)
    with LOCK:
        del _store(found.domain).package_repositories[found.domain.name, found.name]
    return {"repository": found.described()}


def _associate(call: Call) -> Answer:
    found, name = repository_of(call), str(call["externalConnection"])
    if name not in FORMATS:
        raise ServiceError("ValidationException", f"'{name}' is no external connection: {', '.join(FORMATS)}")
    if found.external:
        message = f"Repository '{found.name}' has an external connection; it can have one."
        raise ServiceError("ServiceQuotaExceededException", message)
    _keep(changed := dataclasses.replace(found, external=(name,)))
    return {"repository": changed.described()}


def _disassociate(call: Call) -> Answer:
    found, name = repository_of(call), str(call["externalConnection"])
    if name not in found.external:
        raise ServiceError("ResourceNotFoundException", f"'{found.name}' has no external connection '{name}'.")
    _keep(changed := dataclasses.replace(found, external=()))
    return {"repository": changed.described()}


def _list_domains(call: Call) -> Answer:
    return {"domains": [each.summary() for each in call.store.domains.values()]}


def _list_repositories(call: Call) -> Answer:
    return {"repositories": _summaries(call, list(call.store.package_repositories.values()))}


def _list_in_domain(call: Call) -> Answer:
    return {"repositories": _summaries(call, _of(domain_of(call)))}


def _summaries(call: Call, found: list[Repository]) -> list[dict[str, Any]]:
    prefix = str(call.get("repositoryPrefix") or "")
    shown = sorted((each for each in found if each.name.startswith(prefix)), key=lambda each: each.arn)
    return [{key: value for key, value in each.summary().items() if value is not None} for each in shown]


def _endpoint(call: Call) -> Answer:
    found = repository_of(call)
    domain = found.domain
    host = f"{domain.name}-{domain.owner}.d.codeartifact.{domain.region}"
    tail = "on.aws" if call.get("endpointType") == "dualstack" else "amazonaws.com"
    return {"repositoryEndpoint": f"https://{host}.{tail}/{call['format']}/{found.name}/"}


def _target(call: Call) -> Domain | Repository:
    return repository_of(call) if call.get("repository") else domain_of(call)


def _put_policy(call: Call) -> Answer:
    found, text = _target(call), str(call["policyDocument"])
    try:
        json.loads(text)
    except ValueError:
        raise ServiceError("ValidationException", "The policy document is not valid JSON.") from None
    if call.get("policyRevision") not in (None, "", found.revision):
        raise ServiceError("ConflictException", "The policy was changed since that revision.")
    _keep(changed := dataclasses.replace(found, policy=text, revision=uuid.uuid4().hex))
    return {"policy": _policy(changed)}


def _get_policy(call: Call) -> Answer:
    found = _target(call)
    if not found.policy:
        raise ServiceError("ResourceNotFoundException", f"{found.arn} has no permissions policy.")
    return {"policy": _policy(found)}


def _delete_policy(call: Call) -> Answer:
    answer = _get_policy(call)
    _keep(dataclasses.replace(_target(call), policy="", revision=""))
    return answer


def _policy(found: Domain | Repository) -> dict[str, str]:
    return {"resourceArn": found.arn, "revision": found.revision, "document": found.policy}


def _tagged(call: Call) -> Domain | Repository:
    found = by_arn(str(call["resourceArn"]))
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"{call['resourceArn']} does not exist.")
    return found


def _pairs(call: Call) -> dict[str, str]:
    return {each["key"]: each["value"] for each in call.get("tags") or ()}


def _list_tags(call: Call) -> Answer:
    return {"tags": [{"key": key, "value": value} for key, value in _tagged(call).tags.items()]}


def _tag(call: Call) -> Answer:
    found = _tagged(call)
    _keep(dataclasses.replace(found, tags={**found.tags, **_pairs(call)}))
    return {}


def _untag(call: Call) -> Answer:
    found = _tagged(call)
    left = {key: value for key, value in found.tags.items() if key not in call["tagKeys"]}
    _keep(dataclasses.replace(found, tags=left))
    return {}


def _token(call: Call) -> Answer:
    domain = domain_of(call)
    return tokens.given(call, domain)


OPERATIONS: Mapping[str, Operation] = {
    "AssociateExternalConnection": _associate,
    "CreateDomain": _create_domain,
    "CreateRepository": _create_repository,
    "DeleteDomain": _delete_domain,
    "DeleteDomainPermissionsPolicy": _delete_policy,
    "DeleteRepository": _delete_repository,
    "DeleteRepositoryPermissionsPolicy": _delete_policy,
    "DescribeDomain": _describe_domain,
    "DescribeRepository": lambda call: {"repository": repository_of(call).described()},
    "DisassociateExternalConnection": _disassociate,
    "GetAuthorizationToken": _token,
    "GetDomainPermissionsPolicy": _get_policy,
    "GetRepositoryEndpoint": _endpoint,
    "GetRepositoryPermissionsPolicy": _get_policy,
    "ListDomains": _list_domains,
    "ListRepositories": _list_repositories,
    "ListRepositoriesInDomain": _list_in_domain,
    "ListTagsForResource": _list_tags,
    "PutDomainPermissionsPolicy": _put_policy,
    "PutRepositoryPermissionsPolicy": _put_policy,
    "TagResource": _tag,
    "UntagResource": _untag,
    "UpdateRepository": _update_repository,
}
