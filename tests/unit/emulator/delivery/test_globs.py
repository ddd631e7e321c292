"""Patterns of branches and paths in triggers."""

from __future__ import annotations

import pytest

from harness.emulator.delivery.pipelines.globs import matches


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("src/*", ["src/a.py"], ["src/a/b.py", "src"]),
        ("src/**", ["src/a.py", "src/a/b.py"], ["srcs/a.py"]),
        ("**/README.md", ["docs/README.md", "a/b/README.md"], ["README.txt"]),
        ("*.{py,yaml}", ["a.py", "a.yaml"], ["a.json", "src/a.py"]),
        ("release/?", ["release/1"], ["release/10", "release//"]),
        ("v[0-9].[!0]", ["v1.2"], ["v1.0", "vx.1"]),
        (r"a\*b", ["a*b"], ["axb"]),
        ("a,b}", ["a,b}"], ["a"]),
        ("main", ["main"], ["main2", "amain"]),
    ],
)
def test_a_pattern_means_what_codepipeline_s_guide_says(pattern: str, hits: list[str], misses: list[str]) -> None:
    assert [each for each in hits + misses if matches(pattern, each)] == hits
