"""The start script of workspaces, run by the real shell with a stand-in for the AWS command line."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.products import launched

SCRIPT = launched.ROOT / "products/studio-domain/src/start.sh"
KEY = "arn:aws:kms:eu-west-1:222222222221:key/1"
# What the real commands print with `--output text`, by the words that tell them apart. Anything else fails.
ANSWERS = {
    "ssm get-parameter": "111111111111",
    "codeartifact get-repository-endpoint": "https://platform-111111111111.d.codeartifact.eu-west-1.amazonaws.com/pypi/python-approved/",
    "codeartifact get-authorization-token": "s3cret",
    "--query DomainArn": "arn:aws:sagemaker:eu-west-1:222222222221:domain/d-abc",
    "--query KmsKeyId": KEY,
    "--query join(',',SubnetIds)": "subnet-1,subnet-2",
    "--query join(',',DefaultUserSettings.SecurityGroups)": "sg-1",
    "sagemaker list-tags": "studio-work",
    "configure set": "",
}


def _run(home: Path, answers: dict[str, str]) -> subprocess.CompletedProcess[str]:
    tools = home / "tools"
    tools.mkdir()
    cases = "\n".join(f"  *{json.dumps(words)}*) echo {json.dumps(answer)} ;;" for words, answer in answers.items())
    aws = tools / "aws"
    aws.write_text(f'#!/bin/bash\ncase "$*" in\n{cases}\n  *) exit 255 ;;\nesac\n', encoding="utf-8")
    aws.chmod(0o755)
    metadata = home / "metadata.json"
    metadata.write_text(json.dumps({"DomainId": "d-abc", "UserProfileName": "jane-doe"}), encoding="utf-8")
    environment = {
        "HOME": str(home),
        "PATH": f"{tools}:{os.environ['PATH']}",
        "AWS_REGION": "eu-west-1",
        "STUDIO_METADATA": str(metadata),
        "STUDIO_START_ONCE": "yes",
    }
    return subprocess.run(
        ["bash", str(SCRIPT)], env=environment, cwd=home, capture_output=True, text=True, timeout=20, check=False
    )


def test_pip_installs_from_the_platforms_packages_and_the_token_is_the_users_alone(tmp_path: Path) -> None:
    assert _run(tmp_path, ANSWERS).returncode == 0
    file = tmp_path / ".config/pip/pip.conf"
    assert file.read_text(encoding="utf-8") == (
        "[global]\nindex-url = https://aws:s3cret@platform-111111111111.d.codeartifact.eu-west-1.amazonaws.com/pypi/python-approved/simple/\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_sagemaker_sdk_starts_jobs_that_the_developer_role_allows(tmp_path: Path) -> None:
    _run(tmp_path, ANSWERS)
    defaults = yaml.safe_load((tmp_path / ".config/sagemaker/config.yaml").read_text(encoding="utf-8"))["SageMaker"]
    network = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
    assert defaults["PythonSDK"]["Modules"]["Session"]["DefaultS3Bucket"] == "studio-work"
    assert defaults["TrainingJob"] == {
        "EnableInterContainerTrafficEncryption": True,
        "OutputDataConfig": {"KmsKeyId": KEY},
        "ResourceConfig": {"VolumeKmsKeyId": KEY},
        "VpcConfig": network,
    }
    assert defaults["ProcessingJob"]["NetworkConfig"] == {
        "EnableInterContainerTrafficEncryption": True,
        "VpcConfig": network,
    }
    assert defaults["Model"] == {"VpcConfig": network}


def test_git_knows_the_person_and_keeps_a_name_that_is_set(tmp_path: Path) -> None:
    assert shutil.which("git"), "these tests need git"
    _run(tmp_path, ANSWERS)
    config = tmp_path / ".gitconfig"
    assert "name = jane-doe" in config.read_text(encoding="utf-8")
    config.write_text("[user]\n\tname = Jane\n", encoding="utf-8")
    shutil.rmtree(tmp_path / "tools")
    _run(tmp_path, ANSWERS)
    assert "jane-doe" not in config.read_text(encoding="utf-8")


@pytest.mark.parametrize("down", ["ssm", "codeartifact", "sagemaker", "configure", "--query"])
def test_a_workspace_opens_whatever_does_not_answer(tmp_path: Path, down: str) -> None:
    result = _run(tmp_path, {words: answer for words, answer in ANSWERS.items() if not words.startswith(down)})
    assert result.returncode == 0
    assert "FAILED" in result.stdout
    assert "git has the platform's defaults" in result.stdout


def test_a_failed_renewal_leaves_the_old_file(tmp_path: Path) -> None:
    _run(tmp_path, ANSWERS)
    before = (tmp_path / ".config/pip/pip.conf").read_bytes()
    shutil.rmtree(tmp_path / "tools")
    _run(tmp_path, {})
    assert (tmp_path / ".config/pip/pip.conf").read_bytes() == before


def test_no_token_appears_in_the_log(tmp_path: Path) -> None:
    result = _run(tmp_path, ANSWERS)
    assert "s3cret" not in result.stdout + result.stderr
