"""The global condition keys of a request, and which keys nobody here can know. It decides nothing.

Source: IAM user guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from harness.emulator import clock, organization
from harness.emulator.enforcement.table import Need
from harness.emulator.identity import Caller
from harness.iam import UnreadablePolicyError, Values, reference

# Absent from calls that are made directly, by somebody with credentials of their own, from outside any VPC.
_ABSENT = {
    "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:federatedprovider", "aws:principalservicename",
    "aws:principalservicenameslist", "aws:sourceaccount", "aws:sourcearn", "aws:sourceidentity", "aws:sourceorgid",
    "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:username",
    "aws:vpcsourceip", "aws:ec2instancesourcevpc",
    "aws:ec2instancesourceprivateipv4", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:referer",
}  # fmt: skip
_OF_REQUESTS = ("aws:requesttag/", "aws:tagkeys")
Tags = Callable[[str], Mapping[str, str] | None]


def of_caller(who: Caller, region: str) -> dict[str, Values]:
    """What every call of that caller carries."""
    now = clock.now()
    return {
        "aws:CurrentTime": now.isoformat(),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalAccount": who.account_id,
        "aws:PrincipalArn": who.principal_arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalOrgID": organization.organization_of(who.account_id) or None,
        "aws:PrincipalType": "Account"
        if who.administrator
        else "User"
        if who.arn == who.principal_arn
        else "AssumedRole",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",  # the emulator stands for endpoints that speak TLS
        "aws:SourceIp": "127.0.0.1",
        "aws:ViaAWSService": "false",
        **({"aws:username": who.arn.rpartition("/")[2]} if ":user/" in who.arn else {}),
        **{f"aws:PrincipalTag/{key}": value for key, value in who.tags},
    }


def of_resource(account_id: str) -> dict[str, Values]:
    """What a call carries of the account that owns its resource."""
    return {
        "aws:ResourceAccount": account_id or None,
        "aws:ResourceOrgID": organization.organization_of(account_id) or None,
    }


def lookup(need: Need, tags: Tags, families: Collection[str]) -> Callable[[str], Values]:
    """Answers for the keys that a request does not hold: tags of the resource are fetched when a policy asks for them.

    `families`: beginnings of the keys that are modelled, in lower case. It raises UnreadablePolicyError for a key that
    AWS would offer and that is not modelled here.
    """
    service, _, name = need.action.partition(":")
    return partial(_value, reference.action(service, name), need, tags, tuple(families))


def _value(known: reference.Action | None, need: Need, tags: Tags, families: tuple[str, ...], written: str) -> Values:
    key = written.lower()
    if key in _ABSENT or key.startswith(("aws:principaltag/", *_OF_REQUESTS)):
        return None
    stem, slash, tag = key.partition("/")
    service = need.action.partition(":")[0]
    if stem == "s3:existingobjecttag" and slash:
        return next((value for name, value in (tags(need.resource) or {}).items() if name.lower() == tag), None)
    if stem in ("aws:resourcetag", f"{service}:resourcetag") and slash:
        if known is None or not {f"{stem}/", f"{service}:resourcetag/", "aws:resourcetag/"} & known.keys:
            return None  # an action that offers no tags of its resource: the key is absent, whatever the tags are
        found = tags(need.resource)
        if found is None:
            raise UnreadablePolicyError(f"the tags of {need.resource} are not modelled")
        return next((value for name, value in found.items() if name.lower() == tag), None)
    offered = known is None or any(key == each or (each[-1] in "/:" and key.startswith(each)) for each in known.keys)
    if key.startswith("aws:") or (offered and not key.startswith(families)):
        raise UnreadablePolicyError(f"condition key {written} is not modelled")
    return None  # a key that the action does not offer is absent, as in IAM
