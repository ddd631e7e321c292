"""The patterns of branches and paths in a pipeline's triggers. Pure.

Source: CodePipeline user guide, "Working with glob patterns in syntax".
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"\\(?P<escaped>.)|(?P<far>\*\*)|(?P<near>\*)|(?P<one>\?)|\[(?P<set>!?[^\]]+)\]|(?P<group>[{},])|.")


def matches(pattern: str, name: str) -> bool:
    """Whether the pattern means that branch or path: * stays within a folder, ** does not."""
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    written, depth = [], 0
    for token in _TOKEN.finditer(pattern):
        if token["escaped"]:
            written.append(re.escape(token["escaped"]))
        elif token["far"]:
            written.append(".*")
        elif token["near"]:
            written.append("[^/]*")
        elif token["one"]:
            written.append("[^/]")
        elif token["set"]:
            negated = token["set"].startswith("!")
            inside = token["set"].removeprefix("!").replace("\\", "\\\\").replace("^", "\\^")
            written.append(f"(?!/)[{'^' if negated else ''}{inside}]")
        elif token["group"] == "{":
            written.append("(?:")
            depth += 1
        elif token["group"] == "}" and depth:
            written.append(")")
            depth -= 1
        elif token["group"] == "," and depth:
            written.append("|")
        else:
            written.append(re.escape(token.group()))
    return re.compile("".join(written) + ")" * depth, re.DOTALL)
