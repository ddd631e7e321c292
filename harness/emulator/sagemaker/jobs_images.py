"""Is the image that a job or a model names there, and may the account pull it? Layers are never looked at."""

from __future__ import annotations

import re
from typing import Any

from moto.ecr.models import ecr_backends

from harness.emulator import policy
from harness.emulator.identity import Caller

_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[a-z0-9._/-]+)"
    r"(?:(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?)"
)
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class ImageError(Exception):
    """The image cannot be pulled; the message is SageMaker's for jobs, with the `reason` in brackets."""

    def __init__(self, uri: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are "
            f"incorrect. ({uri}: {reason})"
        )


def demand(uri: str, who: Caller) -> None:
    """Raises ImageError where the image is not in an emulated ECR, or its repository does not let that caller pull."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise ImageError(uri, "it is no image of ECR")
    repository = ecr_backends[match["account"]][match["region"]].repositories.get(match["name"])
    if repository is None:
        raise ImageError(uri, f"the registry of account {match['account']} has no repository {match['name']}")
    tag, digest = match["tag"] or ("" if match["digest"] else "latest"), match["digest"]
    if not any(_is(each, tag, digest) for each in repository.images):
        raise ImageError(uri, f"the repository has no image {digest or tag}")
    if match["account"] != who.account_id:
        missing = [action for action in _PULL if not _allows(repository.policy, who, action, repository.arn)]
        if missing:
            raise ImageError(uri, f"the repository's policy does not allow {who.principal_arn} {', '.join(missing)}")


def _is(image: Any, tag: str, digest: str | None) -> bool:
    return (not tag or tag in image.image_tags) and (digest is None or image.get_image_digest() == digest)


def _allows(document: str | None, who: Caller, action: str, arn: str) -> bool:
    return policy.lets_in(document, policy.principal(who), action, arn, policy.context_of(who))
