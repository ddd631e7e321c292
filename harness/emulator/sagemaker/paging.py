"""Lists of SageMaker: filtered by name and time, sorted, and given page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from harness.emulator import pagetokens
from harness.emulator.sagemaker import errors

_T = TypeVar("_T")
_DEFAULT = 10
_TIMES = {
    "CreationTimeAfter": ("CreationTime", 1),
    "CreationTimeBefore": ("CreationTime", -1),
    "LastModifiedTimeAfter": ("LastModifiedTime", 1),
    "LastModifiedTimeBefore": ("LastModifiedTime", -1),
}

Summary = dict[str, Any]


def listed(
    summaries: Sequence[Summary],
    parameters: Mapping[str, Any],
    name: str,
    order: str = "Descending",
    by: str = "CreationTime",
    keys: Mapping[str, Callable[[Summary], Any]] | None = None,
) -> tuple[list[Summary], str | None]:
    """The page that is asked for of those summaries that the usual filters let through, and the next page's token.

    `name`: the member that NameContains and SortBy=Name look at. `order` and `by`: what the operation does unasked.
    `keys`: further values of SortBy.
    """
    contains = str(parameters.get("NameContains") or "").lower()
    found = [each for each in summaries if contains in str(each[name]).lower() and _in_time(each, parameters)]
    sorts = {"Name": lambda each: each[name], "CreationTime": lambda each: each["CreationTime"], **(keys or {})}
    chosen = parameters.get("SortBy") or by
    # Created in the same moment: later ones stand after earlier ones, as `summaries` has them.
    found.sort(key=sorts[chosen])
    if (parameters.get("SortOrder") or order) == "Descending":
        found.reverse()
    return page(found, parameters)


def page(entries: Sequence[_T], parameters: Mapping[str, Any], default: int = _DEFAULT) -> tuple[list[_T], str | None]:
    """The page that NextToken and MaxResults ask for, and the token of the next one (None at the end).

    Raises ValidationException for a token that this service did not give.
    """
    try:
        start = pagetokens.offset(parameters.get("NextToken"))
    except pagetokens.UnknownTokenError:
        raise errors.validation("Invalid NextToken: it was not given by this operation.") from None
    following = start + int(parameters.get("MaxResults") or default)
    return list(entries[start:following]), pagetokens.token(following) if following < len(entries) else None


def _in_time(summary: Summary, parameters: Mapping[str, Any]) -> bool:
    for parameter, (member, sign) in _TIMES.items():
        bound = parameters.get(parameter)
        if bound is not None and (summary[member] - bound).total_seconds() * sign <= 0:
            return False
    return True
