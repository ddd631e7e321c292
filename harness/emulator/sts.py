"""The emulated STS: moto's hands out roles that do not exist to anyone who asks. This one looks at the trust policy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts import urls
from moto.sts.responses import TokenResponse

from harness.emulator import identity, organization, trust
from harness.emulator.awserror import RefusedError
from harness.emulator.enforcement import held
from harness.iam import Kind, Policy, UnreadablePolicyError, denial

_ROLE_ARN = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[\w+=,.@-]+)")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")


class StsResponse(TokenResponse):  # type: ignore[misc] # moto is not typed for us
    """AssumeRole, GetSessionToken, GetCallerIdentity and GetAccessKeyInfo over our own sessions."""

    def assume_role(self) -> ActionResult:
        """Raises AccessDenied where the role does not exist or does not trust the caller, as STS does."""
        role_arn = str(self._get_param("RoleArn"))
        name = str(self._get_param("RoleSessionName"))
        if not _SESSION_NAME.fullmatch(name):
            message = f"Value '{name}' at 'roleSessionName' failed to satisfy constraint: 2-64 of [\\w+=,.@-]"
            raise RefusedError("ValidationError", f"1 validation error detected: {message}")
        who = identity.caller(self.get_access_key())
        if self._get_param("TransitiveTagKeys"):
            raise NotImplementedError
        tags = {each["Key"]: each["Value"] for each in self._get_param("Tags") or ()}
        role = _trusting_role(role_arn, who, name, self._get_param("ExternalId"), tags)
        account = role.arn.split(":")[4]
        seconds = self._duration(int(role.max_session_duration or 3600))
        arn = f"arn:{identity.PARTITION}:sts::{account}:assumed-role/{role.name}/{name}"
        own = {tag["Key"]: tag["Value"] for tag in role.tags or ()}
        narrowed = _session_policies(account, self._get_param("Policy"), self._get_param("PolicyArns"))
        assumed = identity.Caller(account, arn, role.arn, tags=tuple({**own, **tags}.items()), policies=narrowed)
        session = identity.open_session(assumed, f"{role.id}:{name}", seconds)
        user = {"AssumedRoleId": session.user_id, "Arn": arn}
        return ActionResult({"Credentials": _credentials(session), "AssumedRoleUser": user})

    def get_session_token(self) -> ActionResult:
        """Temporary credentials of the caller itself."""
        access_key = self.get_access_key()
        seconds = self._get_int_param("DurationSeconds", 43200)
        session = identity.open_session(identity.caller(access_key), identity.user_id(access_key), seconds)
        return ActionResult({"Credentials": _credentials(session)})

    def get_caller_identity(self) -> ActionResult:
        """Who the credentials are."""
        access_key = self.get_access_key()
        who = identity.caller(access_key)
        return ActionResult({"UserId": identity.user_id(access_key), "Account": who.account_id, "Arn": who.arn})

    def get_access_key_info(self) -> ActionResult:
        """The account of an access key id."""
        key = str(self._get_param("AccessKeyId"))
        try:
            return ActionResult({"Account": identity.caller(key).account_id})
        except identity.UnknownCredentialsError:
            raise RefusedError("ValidationError", f"Access key {key} is unknown") from None

    def get_federation_token(self) -> ActionResult:
        """Not modelled."""
        raise NotImplementedError

    def assume_role_with_web_identity(self) -> ActionResult:
        """Not modelled."""
        raise NotImplementedError

    def assume_role_with_saml(self) -> ActionResult:
        """Not modelled."""
        raise NotImplementedError

    def _duration(self, longest: int) -> int:
        seconds: int = self._get_int_param("DurationSeconds", 3600)
        if seconds > longest:
            message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            raise RefusedError("ValidationError", message)
        return seconds


def _session_policies(account_id: str, text: str | None, arns: list[dict[str, str]] | None) -> tuple[str, ...]:
    """The documents that narrow a session. Raises RefusedError for one that is not there or cannot be read."""
    managed = iam_backends[account_id][identity.PARTITION].managed_policies
    found = [text] if text else []
    for each in arns or ():
        policy = managed.get(each["arn"])
        if policy is None:
            raise RefusedError("ValidationError", f"Policy {each['arn']} does not exist")
        found.append(next(version.document for version in policy.versions if version.is_default))
    for document in found:
        try:
            Policy.read(document, Kind.SESSION, "session policy")
        except UnreadablePolicyError as error:
            raise RefusedError("MalformedPolicyDocument", str(error)) from None
    return tuple(found)


def _trusting_role(
    role_arn: str, who: identity.Caller, name: str, external_id: str | None, tags: Mapping[str, str]
) -> Any:
    match = _ROLE_ARN.fullmatch(role_arn)
    if match is None:
        raise RefusedError("ValidationError", f"{role_arn} is invalid")
    denied = f"User: {who.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    role = next(
        (each for each in iam_backends[match["account"]][identity.PARTITION].roles.values() if each.arn == role_arn),
        None,
    )
    if role is None:
        raise RefusedError("AccessDenied", denied)
    context = {"aws:PrincipalArn": who.principal_arn, "aws:PrincipalAccount": who.account_id}
    context |= {f"aws:PrincipalTag/{key}": value for key, value in who.tags}
    context["sts:RoleSessionName"] = name
    if external_id:
        context["sts:ExternalId"] = external_id
    if in_organization := organization.organization_of(who.account_id):
        context["aws:PrincipalOrgID"] = in_organization
    try:
        document = json.loads(role.assume_role_policy_document)
        decided = trust.decisions(document, who, context, tags, held.policies(who), role_arn)
    except UnreadablePolicyError as error:
        raise RefusedError("AccessDenied", f"{denied} (the emulator cannot decide it: {error})") from None
    for decision, request in decided:
        if not decision.allowed:
            raise RefusedError("AccessDenied", denial(request, decision))
    return role


def _credentials(session: identity.Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.expiration,
    }


def install() -> None:
    """Puts it in the place of moto's."""
    urls.url_paths["{0}/$"] = StsResponse.dispatch
