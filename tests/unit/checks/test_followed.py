"""What is remembered of a function's code is what is found in it; whatever that follows from is followed anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.checks.followed import followed
from harness.documents.code.archive import Archive, Source, read
from harness.documents.code.clients import calls

MAIN = """\
import boto3


def handle(event, context):
    # needs s3:PutObjectTagging: tags go along
    boto3.client("s3", region_name="eu-west-1").get_object(Bucket="a", Key=event["key"])
    boto3.client("s3").get_objet(Bucket="a")


def other(event, context):
    boto3.client("sqs").send_message(QueueUrl="a", MessageBody="b")
"""
FILES: Mapping[str, tuple[str, str]] = {"main.py": ("products/demo/src/main.py", MAIN)}


def archive(files: Mapping[str, tuple[str, str]] = FILES) -> Archive:
    """An archive that was never seen: name → path in the repository and text."""
    return read({name: Source(*each) for name, each in files.items()})


def test_what_is_remembered_is_what_is_found(tmp_path: Path) -> None:
    fresh = calls(archive(), "main.handle")
    assert fresh.calls and fresh.needed and fresh.findings
    assert followed(archive(), "main.handle", "", "1") == fresh
    assert followed(archive(), "main.handle", str(tmp_path), "1") == fresh
    assert followed(archive(), "main.handle", str(tmp_path), "1") == fresh
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("files", "handler", "judges"),
    [
        ({"main.py": (FILES["main.py"][0], MAIN.replace('Bucket="a"', 'Bucket="b"'))}, "main.handle", "1"),
        ({"main.py": ("products/other/src/main.py", MAIN)}, "main.handle", "1"),
        ({**FILES, "more.py": ("products/demo/src/more.py", "")}, "main.handle", "1"),
        ({**FILES, "moved.py": FILES["main.py"]}, "moved.handle", "1"),
        (FILES, "main.other", "1"),
        (FILES, "main.handle", "2"),
    ],
    ids=["text", "path", "module", "name", "handler", "judges"],
)
def test_whatever_is_asked_otherwise_is_followed_anew(
    tmp_path: Path, files: Mapping[str, tuple[str, str]], handler: str, judges: str
) -> None:
    followed(archive(), "main.handle", str(tmp_path), "1")
    assert followed(archive(files), handler, str(tmp_path), judges) == calls(archive(files), handler)
    assert len(list(tmp_path.iterdir())) == 2
