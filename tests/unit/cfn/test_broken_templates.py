"""Templates that CloudFormation refuses, each with its message: `data/bad/<fault>.yaml` and `.txt` beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cfn.engine import create, refusal

DATA = Path(__file__).parent / "data"
BROKEN = sorted(path for path in (DATA / "bad").iterdir() if path.suffix != ".txt")
SOUND = sorted((DATA / "good").iterdir())


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_template_is_refused_with_the_exact_message(path: Path) -> None:
    assert refusal(path.read_text()) == path.with_suffix(".txt").read_text().rstrip("\n")


def test_thirty_faults_or_more_are_shown() -> None:
    assert len(BROKEN) >= 30


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_a_sound_template_is_made(path: Path) -> None:
    outcome = create(path.read_text())
    assert outcome.state.status == "CREATE_COMPLETE", outcome.state.reason
