"""A launch role outgrown, edited by hand, or added to: what check says, and what `build.py roles` does about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalog.render import render_product
from harness.checks.launching.role import Question, question_of
from harness.cli import main
from harness.errors import ExitCode, KnownError
from tests.support.repository import TinyRepository, tiny_repository
from tests.unit.checks.launching.grounds import FOUNDATION

POLICY = "products/demo/launch-policy.yaml"
SPEC = "products/demo/product.yaml"
BUCKET = "  Files: { Type: AWS::S3::Bucket, Properties: { BucketName: demo-files } }\n"
TOPIC = "arn:${AWS::Partition}:sns:*:${AWS::AccountId}:SC-${AWS::AccountId}-pp-*-Topic-*"
ROLES = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/functions/*"
NEVER = "iam:DeleteRolePermissionsBoundary"
ADDED = """\
launch_role:
  adds:
    - sid: {sid}
      reason: {reason}
      actions: [{actions}]
      resources: ["{resource}"]
"""
Add = Callable[..., list[str]]


@pytest.fixture
def demo(tmp_path: Path) -> TinyRepository:
    """A product of a topic, its launch role as it should be."""
    tiny = tiny_repository(tmp_path)
    for name in ("hub", "registry", "spoke"):
        tiny.write(f"templates/foundation/{name}.yaml.j2", FOUNDATION)
    tiny.write(POLICY, question(tiny).role().text)
    return tiny


@pytest.fixture
def add(demo: TinyRepository) -> Add:
    """What is said of a right that is added to the product."""
    spec = (demo.root / SPEC).read_text(encoding="utf-8")

    def said(
        sid: str = "Keys", actions: str = "kms:ListKeys", resource: str = "*", more: str = "", reason: str = ""
    ) -> list[str]:
        text = ADDED.format(sid=sid, reason=reason or "The console looks at keys.", actions=actions, resource=resource)
        demo.write(SPEC, spec + text + more)
        asked = question(demo)
        demo.write(POLICY, asked.role().text)
        return [f"{each.place.line}: {each.problem} [{each.rule}]" for each in question(demo).findings()]

    return said


def question(tiny: TinyRepository) -> Question:
    repository = tiny.load()
    return question_of(repository, repository.product("demo"), {"demo": render_product(repository, "demo").text})


def told(tiny: TinyRepository) -> list[str]:
    return [str(each) for each in question(tiny).findings()]


def test_a_role_as_it_is_generated_is_right(demo: TinyRepository) -> None:
    assert told(demo) == []


def test_a_template_that_outgrows_its_role_is_told_with_the_way_to_the_next(demo: TinyRepository) -> None:
    demo.replace("products/demo/template.yaml.j2", "Outputs:", f"{BUCKET}Outputs:")
    (found,) = told(demo)
    assert found.startswith(f"{POLICY}:6: the template outgrew its launch role, which lacks: Allow s3:CreateBucket, ")
    assert "on arn:${AWS::Partition}:s3:::demo-files [E9092]" in found
    assert found.endswith("→ run `build.py roles demo`, and deploy the foundations before the product is published")


def test_a_right_that_no_template_takes_is_told_with_where_it_may_stand(demo: TinyRepository) -> None:
    demo.replace(POLICY, "    - sns:CreateTopic\n", "    - sns:ConfirmSubscription\n    - sns:CreateTopic\n")
    (found,) = told(demo)
    assert "the launch role has what no template takes: Allow sns:ConfirmSubscription on arn:" in found
    assert "added, with its reason, under launch_role in product.yaml" in found


def test_a_right_that_was_widened_by_hand_is_told_as_what_no_template_takes_too(demo: TinyRepository) -> None:
    demo.replace(POLICY, "-pp-*-Topic-*", "-pp-*")
    lacks, has = told(demo)
    assert "which lacks: Allow sns:CreateTopic, " in lacks
    assert "the launch role has what no template takes: Allow sns:CreateTopic, " in has


def test_a_condition_that_was_taken_out_by_hand_is_told(demo: TinyRepository) -> None:
    tags = "Tags: [{ Key: platform:product, Value: demo }]"
    key = f"  Key: {{ Type: AWS::KMS::Key, Properties: {{ KeyPolicy: {{}}, {tags} }} }}\n"
    demo.replace("products/demo/template.yaml.j2", "Outputs:", f"{key}Outputs:")
    demo.write(POLICY, question(demo).role().text)
    assert told(demo) == []
    demo.replace(POLICY, '    NumericGreaterThanEquals: { kms:ScheduleKeyDeletionPendingWindowInDays: "30" }\n', "")
    assert all("kms:ScheduleKeyDeletion" in each for each in told(demo))
    assert len(told(demo)) == 2


def test_a_reason_that_was_edited_by_hand_is_told(demo: TinyRepository) -> None:
    demo.replace(POLICY, "# AWS::SNS::Topic: the product makes Topic\n", "# whatever\n")
    (found,) = told(demo)
    assert found == f"{POLICY}:6: the launch role is not as it is generated [E9092]\n  → run `build.py roles demo`"


def test_a_missing_role_is_outgrown_by_all_that_the_template_takes(demo: TinyRepository) -> None:
    (demo.root / POLICY).unlink()
    (found,) = told(demo)
    assert found.startswith(f"{POLICY}: the template outgrew its launch role, which lacks: Allow sns:CreateTopic, ")


def test_a_right_with_a_reason_is_added(demo: TinyRepository, add: Add) -> None:
    assert add(resource="arn:${AWS::Partition}:sqs:*:${AWS::AccountId}:demo", actions="sqs:GetQueueUrl") == []
    text = (demo.root / POLICY).read_text(encoding="utf-8")
    assert "# added in product.yaml: The console looks at keys.\n- Sid: Keys\n" in text


def test_a_right_without_a_reason_is_none(demo: TinyRepository) -> None:
    demo.write(SPEC, (demo.root / SPEC).read_text() + ADDED.format(sid="A", reason="''", actions="a:B", resource="*"))
    with pytest.raises(KnownError) as error:
        demo.load()
    assert [each.place.line for each in error.value.findings] == [8]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"actions": "kms:ListKey"}, "9: IAM knows no action kms:ListKey [E9092]"),
        ({"actions": NEVER}, f"9: no launch role may have {NEVER} [E9092]"),
        ({"actions": "sqs:PurgeQueue"}, "9: sqs:PurgeQueue on every resource [E9092]"),
        (
            {"actions": "iam:PassRole"},
            "9: iam:PassRole is given only with a condition StringEquals on iam:PassedToService [E9092]",
        ),
        (
            {
                "actions": "iam:PassRole",
                "resource": ROLES,
                "more": '      conditions: { StringLike: { iam:PassedToService: "*" } }\n',
            },
            "9: iam:PassRole is given only with a condition StringEquals on iam:PassedToService [E9092]",
        ),
        (
            {
                "actions": "iam:DetachRolePolicy",
                "resource": ROLES,
                "more": '      conditions: { ArnLike: { iam:PolicyARN: ["*"] } }\n',
            },
            "9: iam:DetachRolePolicy is given only with a condition ArnLike on iam:PolicyARN [E9092]",
        ),
        (
            {"actions": "iam:CreateRole"},
            "9: iam:CreateRole is given only with a condition StringEquals on iam:PermissionsBoundary [E9092]",
        ),
        (
            {
                "actions": "ec2:DeleteSecurityGroup",
                "resource": "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:security-group/*",
            },
            "9: ec2:DeleteSecurityGroup is given only with a condition StringNotEquals on"
            " aws:ResourceTag/platform:product [E9092]",
        ),
        ({"sid": "SnsTopic"}, "7: a statement SnsTopic is there already [E9092]"),
        (
            {"actions": "sns:DeleteTopic", "resource": TOPIC},
            "9: the templates give sns:DeleteTopic already [E9092]",
        ),
        (
            {"actions": "sns:Publish", "resource": "arn:${AWS::Partition}:sqs:*:${AWS::AccountId}:x"},
            "7: none of its actions takes the resource arn:aws:sqs:*:000000000000:x [E9092]",
        ),
        (
            {"more": "      conditions: { StringEquals: { s3:prefix: a } }\n"},
            "7: kms:ListKeys does not offer the key s3:prefix, which StringEquals asks for [E9092]",
        ),
        (
            {"more": "      conditions: { StringSame: { s3:prefix: a } }\n"},
            "StringSame",
        ),
    ],
)  # fmt: skip
def test_a_right_that_would_not_do_what_it_says_is_told_at_its_line(add: Add, given: dict[str, str], said: str) -> None:
    found = add(**given)
    assert any(each == said or (said in each and said.isalpha()) for each in found), found


def test_rights_that_no_role_can_hold_are_told(add: Add) -> None:
    names = ", ".join(f'"arn:aws:sns:*:*:{"x" * 200}{number}"' for number in range(60))
    found = add(actions="sns:Publish", resource=f'arn:aws:sns:*:*:y", {names[:-1]}')
    assert any("characters; IAM takes 10,240 inline and 6,144 in a policy beside [E9092]" in each for each in found)


def test_roles_writes_what_check_asks_for_and_says_what_changed(
    demo: TinyRepository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_ROOT", str(demo.root))
    demo.replace(
        "products/demo/template.yaml.j2", "  Topic:\n    Type: AWS::SNS::Topic", "  Told:\n    Type: AWS::SNS::Topic"
    )
    demo.replace("products/demo/template.yaml.j2", "!Ref Topic", "!Ref Told")
    assert main(["roles"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.startswith(f"{POLICY} written\n  + Allow sns:CreateTopic, ")
    assert "\n  - Allow sns:CreateTopic, " in out
    assert told(demo) == []
    assert main(["roles", "demo"]) == ExitCode.DONE
    assert capsys.readouterr().out == ""


def test_roles_writes_nothing_while_an_addition_is_wrong(
    demo: TinyRepository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATALOG_ROOT", str(demo.root))
    before = (demo.root / POLICY).read_text(encoding="utf-8")
    given = ADDED.format(sid="A", reason="For no reason at all.", actions="sns:Publlish", resource="*")
    demo.write(SPEC, (demo.root / SPEC).read_text(encoding="utf-8") + given)
    assert main(["roles"]) == ExitCode.FAILED
    assert f"{SPEC}:9: IAM knows no action sns:Publlish [E9092]" in capsys.readouterr().err
    assert (demo.root / POLICY).read_text(encoding="utf-8") == before
