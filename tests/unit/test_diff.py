"""`build.py diff` and `build.py release`: what they print, and what they say to bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import ExitCode
from tests.support.history import SPEC, History
from tests.support.repository import TinyRepository, tiny_repository

ROLE = """\
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: duties
          PolicyDocument: { Statement: [{ Effect: Allow, Action: sns:Publish, Resource: !Ref Topic }] }
"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> TinyRepository:
    """Releases 1.0.0 and 1.1.0, a draft that renames the bucket, and a product without any release."""
    tiny = tiny_repository(tmp_path_factory.mktemp("past"))
    tiny.write("products/demo/launch-policy.yaml", "- { Effect: Allow, Action: sns:CreateTopic, Resource: '*' }\n")
    demo = History(tiny).edit(("Outputs:\n", f"{ROLE}Outputs:\n")).release()
    demo.edit(("Default: anna", "Default: bob"), ("sns:Publish", "[sns:Publish, sns:Subscribe]"))
    demo.state("1.1.0").release()
    demo.edit(("store-$", "shop-$"))
    demo.edit(("sns:CreateTopic", "sns:DeleteTopic"), path="products/demo/launch-policy.yaml")
    spec = (tiny.root / SPEC).read_text(encoding="utf-8")
    tiny.write("products/other/product.yaml", spec.replace("demo", "other").replace("Demo", "Other"))
    tiny.write("products/other/template.yaml.j2", "Resources:\n  Topic: { Type: AWS::SNS::Topic }\n")
    return tiny


@dataclass(frozen=True)
class Done:
    """What a command printed."""

    returncode: int
    stdout: str
    stderr: str


Build = Callable[..., Done]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Build:
    """Runs a command of build.py on a repository, in this process."""

    def run(root: Path, *arguments: str) -> Done:
        monkeypatch.setenv("CATALOG_ROOT", str(root))
        capsys.readouterr()
        code = main(list(arguments))
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


def test_the_draft_is_compared_with_the_newest_release(build: Build, past: TinyRepository) -> None:
    done = build(past.root, "diff", "demo")
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
    assert done.stdout == (
        "demo 1.1.0 → 1.1.0 (working tree): needs a major version: set 2.0.0\n"
        "\n"
        "What the launch role may do (deploy the foundations first)\n"
        "  + has now: Allow sns:DeleteTopic on *\n"
        "  - no longer has: Allow sns:CreateTopic on *\n"
        "\n"
        "What becomes of stacks that update\n"
        "  ! Bucket (AWS::S3::Bucket) is replaced (BucketName changes); it holds objects, which stay behind outside of "
        "the stack; others know it as store-222222222221 (every example)  ← breaking\n"
        "    example defaults: 3 kept, 1 replaced\n"
        "    example large: 4 kept, 1 replaced\n"
    )


def test_two_releases_are_compared_as_they_were_frozen(build: Build, past: TinyRepository) -> None:
    assert build(past.root, "diff", "demo", "1.0.0", "1.1.0").stdout == (
        "demo 1.0.0 → 1.1.0: needs a minor version, as 1.1.0 is\n"
        "\n"
        "What a launcher sees\n"
        "  ~ parameter Owner has default 'bob' (was 'anna')\n"
        "\n"
        "What roles of the product may do\n"
        "  + role Role has now: Allow sns:Subscribe on ${Topic}\n"
        "\n"
        "What becomes of stacks that update\n"
        "  ~ Topic (AWS::SNS::Topic) changes in place: DisplayName (every example)\n"
        "  ~ Role (AWS::IAM::Role) changes in place: Policies (every example)\n"
        "    example defaults: 2 kept, 2 changed\n"
        "    example large: 3 kept, 2 changed\n"
    )


def test_without_a_product_it_says_which_need_a_release(build: Build, past: TinyRepository) -> None:
    assert build(past.root, "diff").stdout == (
        "Product\tNewest release\tWorking tree\tDifference\n"
        "demo\t1.1.0\t1.1.0\tneeds a major version: set 2.0.0\n"
        "other\tnone\t1.1.0\tnot released yet\n"
    )


def test_markdown_is_a_table_with_a_section_for_each_product_that_differs(build: Build, past: TinyRepository) -> None:
    lines = build(past.root, "diff", "--markdown").stdout.splitlines()
    assert lines[:6] == [
        "| Product | Newest release | Working tree | Difference |",
        "|---|---|---|---|",
        "| demo | 1.1.0 | 1.1.0 | needs a major version: set 2.0.0 |",
        "| other | none | 1.1.0 | not released yet |",
        "",
        "### demo 1.1.0 → 1.1.0 (working tree)",
    ]
    assert any(line.startswith("- `!` Bucket (AWS::S3::Bucket) is replaced") for line in lines)


def test_json_tells_what_is_at_risk_and_why(build: Build, past: TinyRepository) -> None:
    document = json.loads(build(past.root, "diff", "demo", "--json").stdout)
    assert (document["format"], document["kind"]) == (1, "diff")
    comparison = document["products"][0]["comparison"]
    assert (comparison["from"], comparison["to"], comparison["step"]) == ("1.1.0", "1.1.0", "major")
    assert comparison["resources"] == [
        {
            "logical_id": "Bucket",
            "type": "AWS::S3::Bucket",
            "kind": "replaced",
            "causes": ["BucketName"],
            "fate": "kept",
            "data": "objects",
            "names": ["store-222222222221"],
            "at_risk": True,
            "examples": ["defaults", "large"],
        }
    ]
    assert comparison["updates"]["large"]["resources"] == {"kept": 4, "replaced": 1}
    assert comparison["updates"]["large"]["failures"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("demo", "3.0.0"), "products/demo/releases: demo has no release 3.0.0\n  → there are: 1.0.0, 1.1.0\n"),
        (
            ("demo", "1.0.0", "newest"),
            "products/demo/releases: demo has no release newest\n  → there are: 1.0.0, 1.1.0\n",
        ),
        (
            ("other",),
            "products/other/product.yaml: other has no release to compare with\n"
            "  → `build.py release other` makes the first one\n",
        ),
        (
            ("demo", "1.1.0", "1.0.0"),
            "products/demo/releases: 1.1.0 is newer than 1.0.0\n  → `build.py diff demo 1.0.0 1.1.0`\n",
        ),
        (
            ("demo", "1.0.0", "1.0.0"),
            "products/demo/releases: 1.0.0 cannot be compared with itself\n"
            "  → name two versions, or leave the second out: `build.py diff demo 1.0.0`\n",
        ),
        (("dmo",), "products: no product 'dmo'\n  → there are: demo, other\n"),
    ],
)
def test_versions_that_cannot_be_compared_are_told_with_a_remedy(
    build: Build, past: TinyRepository, arguments: tuple[str, ...], told: str
) -> None:
    done = build(past.root, "diff", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.FAILED, "", told)


def test_json_and_markdown_together_are_a_usage_error(build: Build, past: TinyRepository) -> None:
    assert build(past.root, "diff", "--json", "--markdown").returncode == ExitCode.USAGE


def test_a_draft_that_is_too_old_and_a_damaged_and_an_unreadable_release_are_told(
    build: Build, tiny: TinyRepository
) -> None:
    History(tiny).release().state("0.9.0")
    assert build(tiny.root, "diff", "demo").stderr == (
        "products/demo/product.yaml: the working tree states 0.9.0, which is older than release 1.0.0\n"
        "  → set a version after 1.0.0, or name two releases\n"
    )
    tiny.replace(SPEC, "0.9.0", "1.1.0")
    template = tiny.root / "products/demo/releases/1.0.0/template.yaml"
    frozen = template.read_text(encoding="utf-8")
    template.write_text(frozen.replace("anna", "eve"), encoding="utf-8")
    assert "a frozen file has changed" in build(tiny.root, "diff", "demo").stderr
    template.unlink()
    assert "a frozen file is missing" in build(tiny.root, "diff", "demo").stderr
    (template.parent / "manifest.json").write_text("{", encoding="utf-8")
    assert "manifest.json: not a manifest" in build(tiny.root, "diff").stderr


def test_a_draft_that_does_not_render_is_told_at_its_line(build: Build, tiny: TinyRepository) -> None:
    History(tiny).release().edit(("<< product.version >>", "<< product.versoin >>"))
    done = build(tiny.root, "diff")
    assert done.returncode == ExitCode.FAILED
    assert "products/demo/template.yaml.j2:48: undefined" in done.stderr


def test_a_draft_that_is_no_template_is_told_and_never_released(build: Build, tiny: TinyRepository) -> None:
    History(tiny).release().edit(("Description: Who keeps it.", "Descripton: Who keeps it.")).state("1.0.1")
    assert build(tiny.root, "diff", "demo").stderr == (
        "products/demo/template.yaml.j2: Invalid template parameter property 'Descripton'\n"
        "  → `build.py check demo` says more\n"
    )
    done = build(tiny.root, "release")
    assert (done.returncode, done.stdout) == (ExitCode.FAILED, "")
    assert "(example large) is refused: Invalid template parameter property 'Descripton' [E9071]" in done.stderr


def test_release_refuses_a_step_that_is_too_small_and_names_every_reason(build: Build, past: TinyRepository) -> None:
    done = build(past.root, "release", "demo")
    assert (done.returncode, done.stdout) == (ExitCode.FAILED, "")
    assert "product.yaml, then `build.py release demo`" in done.stderr
    assert "template.yaml.j2:20: Bucket (AWS::S3::Bucket) is replaced (BucketName changes)" in done.stderr
    assert sorted(each.name for each in (past.root / "products/demo/releases").iterdir()) == ["1.0.0", "1.1.0"]


def test_release_freezes_the_step_that_the_difference_needs(build: Build, tiny: TinyRepository) -> None:
    History(tiny).release().edit(("Default: anna", "Default: bob")).state("1.1.0")
    assert build(tiny.root, "release").stdout == "demo 1.1.0 → products/demo/releases/1.1.0\n"
    manifest = json.loads((tiny.root / "products/demo/releases/1.1.0/manifest.json").read_text(encoding="utf-8"))
    assert manifest["examples"] == {
        "defaults": {"parameters": {}, "needs": []},
        "large": {"parameters": {"Size": "large"}, "needs": []},
    }
    assert "launch_policy" not in manifest  # the product has none


def test_a_working_tree_as_it_was_released_differs_in_nothing(tmp_path: Path, build: Build) -> None:
    tiny = tiny_repository(tmp_path)
    demo = History(tiny).release()
    assert build(tiny.root, "diff", "demo").stdout.startswith("demo 1.0.0 → 1.0.0 (working tree): nothing differs\n")
    demo.state("1.1.0")
    told = build(tiny.root, "diff", "demo").stdout
    assert told.startswith("demo 1.0.0 → 1.1.0 (working tree): nothing but the version differs\n")
