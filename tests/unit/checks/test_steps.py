"""The version step that a difference needs, and the updates that lead to it: what may not be released, and why."""

from __future__ import annotations

import pytest

from tests.support.history import README, SPEC, History
from tests.support.repository import TinyRepository

BREAKING = "breaking: set version 2.0.0 in product.yaml, then `build.py release demo`"
SEEN = "a launcher sees it: set version 1.1.0 in product.yaml, then `build.py release demo`"
RENAMED = ("store-${AWS::AccountId}", "shop-${AWS::AccountId}")
REKEYED = ("id, KeyType", "key, KeyType"), ("id, AttributeType", "key, AttributeType")
UPGRADING = "# Demo\n\n## Upgrading\n\n### To 2.0.0\n\nCopy the objects to the new bucket, then update.\n\n## Remove\n"


@pytest.fixture
def demo(tiny: TinyRepository) -> History:
    """A product with one release, 1.0.0."""
    return History(tiny).release()


def test_what_no_launcher_sees_is_a_patch(demo: History) -> None:
    assert demo.edit(("DisplayName: !Ref Owner", "DisplayName: !Sub by ${Owner}")).state("1.0.1").findings() == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Default: anna", "Default: bob", ":13: parameter Owner has default 'bob' (was 'anna') since 1.0.0"),
        ("[small, large]", "[small, large, huge]", ":8: parameter Size allows 'huge' too since 1.0.0"),
        ("Who keeps it.", "Who owns it.", ":13: parameter Owner is described in other words since 1.0.0"),
        ("default: Store", "default: Shop", ":8: parameter Size stands in group 'Shop' (was 'Store') since 1.0.0"),
        (
            "Outputs:\n",
            "Outputs:\n  TableName:\n    Value: !Ref Table\n",
            ":42: output TableName is new since 1.0.0",
        ),
    ],
)
def test_what_a_launcher_sees_is_minor(demo: History, old: str, new: str, told: str) -> None:
    demo.edit((old, new)).state("1.0.1")
    assert demo.findings()[0] == f"products/demo/template.yaml.j2{told} [E9062]\n  → {SEEN}"
    assert demo.state("1.1.0").findings() == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    Default: anna\n", "", ":13: parameter Owner became required (was optional)"),
        ("[small, large]", "[small]", ":8: parameter Size no longer allows 'large'"),
        ("Default: anna", "Default: anna\n    MaxLength: 10", ":13: parameter Owner has longest length 10 (was none)"),
        (
            "Default: anna",
            "Default: anna\n    AllowedPattern: a.*",
            ":13: parameter Owner allows only what matches a.*",
        ),
        ("  TopicArn:\n    Value: !Ref Topic\n", "", ": output TopicArn was removed"),
        (
            "Conditions:",
            "Rules:\n  Few:\n    Assertions: [{ Assert: !Not [!Equals [!Ref Owner, eve]] }]\nConditions:",
            ":18: rule Few is new: it may refuse values that were accepted",
        ),
    ],
)
def test_what_breaks_a_launch_is_major(demo: History, old: str, new: str, told: str) -> None:
    demo.edit((old, new)).state("1.1.0")
    first = demo.findings()[0]
    assert first.startswith(f"products/demo/template.yaml.j2{told}")
    assert first.endswith(f" since 1.0.0 [E9062]\n  → {BREAKING}")


def test_only_the_reasons_that_decide_are_told(demo: History) -> None:
    demo.edit(("[small, large]", "[small]"), ("Default: anna", "Default: bob")).state("1.1.0")
    assert [each.partition(" [")[0] for each in demo.findings() if "E9062" in each] == [
        "products/demo/template.yaml.j2:8: parameter Size no longer allows 'large' since 1.0.0"
    ]


def test_a_removed_parameter_is_major_even_where_every_stack_survives(demo: History) -> None:
    owner = "  Owner:\n    Type: String\n    Default: anna\n    Description: Who keeps it.\n"
    demo.edit((owner, ""), (", Owner]", "]"), ("!Ref Owner", "anna")).state("1.1.0")
    assert demo.findings() == [
        f"products/demo/template.yaml.j2: parameter Owner was removed since 1.0.0 [E9062]\n  → {BREAKING}"
    ]


def test_a_renamed_bucket_is_major_and_says_what_happens_to_the_data(demo: History) -> None:
    demo.edit(RENAMED).state("1.1.0")
    assert demo.findings() == [
        "products/demo/template.yaml.j2:20: Bucket (AWS::S3::Bucket) is replaced (BucketName changes) when a stack of "
        "1.0.0 updates (every example); it holds objects, which stay behind outside of the stack; others "
        f"know it as store-222222222221 [E9062]\n  → {BREAKING}"
    ]


def test_a_replaced_table_is_major_and_its_items_are_lost(demo: History) -> None:
    demo.edit(*REKEYED).state("1.0.1")
    (told,) = demo.findings()
    assert "Table (AWS::DynamoDB::Table) may be replaced (KeySchema changes)" in told
    assert "it holds items, which are deleted" in told
    assert told.endswith(BREAKING)


def test_a_removed_table_is_major_but_a_bucket_that_is_let_go_is_not(demo: History) -> None:
    bucket = "  Bucket:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: RetainExceptOnCreate\n"
    policy = "    UpdateReplacePolicy: Retain\n    Properties:\n      BucketName: !Sub store-${AWS::AccountId}\n"
    demo.edit((bucket + policy, "")).state("1.1.0")
    assert demo.findings() == []
    demo.edit(("  Table:\n", "  Items:\n"))
    assert [each.partition(" when")[0] for each in demo.findings()] == [
        "products/demo/template.yaml.j2: Table (AWS::DynamoDB::Table) is removed"
    ]


def test_an_output_that_some_stacks_lose_is_major(demo: History) -> None:
    demo.edit(("IsLarge: !Equals [!Ref Size, large]", "IsLarge: !Equals [!Ref Size, huge]")).state("1.1.0")
    (told,) = demo.findings()
    assert "output SpareArn is gone when a stack of 1.0.0 updates (example large)" in told


def test_a_changed_default_that_replaces_is_major_although_stacks_that_keep_their_values_survive(
    tiny: TinyRepository,
) -> None:
    demo = History(tiny).edit(("BucketName: !Sub store-${AWS::AccountId}", "BucketName: !Sub ${Owner}-store")).release()
    demo.edit(("Default: anna", "Default: bob")).state("1.1.0")
    (told,) = demo.findings()
    assert "Bucket (AWS::S3::Bucket) is replaced (BucketName changes)" in told
    assert "others know it as anna-store" in told


def test_a_version_that_is_not_greater_is_refused(demo: History) -> None:
    demo.edit(("Default: anna", "Default: bob"))
    assert demo.findings()[-1].endswith(SEEN)  # the same version
    demo.state("0.9.0")
    assert demo.findings() == [
        f"{SPEC}: version 0.9.0 is older than the newest release, 1.0.0\n  → set a version after 1.0.0"
    ]


def test_a_major_version_needs_a_section_upgrading_that_names_it(demo: History) -> None:
    demo.edit(RENAMED).state("2.0.0")
    demo.tiny.write(README, "# Demo\n\n## Upgrading\n\n### To 1.0.0\n\nNothing to do.\n")
    (told,) = demo.findings()
    assert told.startswith(
        'products/demo/README.md: no section "Upgrading" says how to get to 2.0.0: Bucket (AWS::S3::Bucket) is replaced'
    )
    assert told.endswith(
        "[E9063]\n  → write `## Upgrading` and under it what a lead does to get to 2.0.0: before, after, and how data "
        "is carried over"
    )
    demo.tiny.write(README, UPGRADING)
    assert demo.findings() == []


@pytest.mark.parametrize(
    "readme",
    [
        "# Demo\n\n## Update\n\nFor 2.0.0 copy the objects.\n",
        "# Demo\n\n## Upgrading\n\nCopy the objects.\n\n## Notes\n\n2.0.0 is out.\n",
        "# Demo\n\n## Upgrading\n\nFor 12.0.0 copy the objects.\n",
        "# Demo\n\n## Upgrading to 2.0.0\n\n### 2.0.0\n",
    ],
)
def test_a_heading_alone_or_a_text_elsewhere_is_no_help(demo: History, readme: str) -> None:
    demo.edit(RENAMED).state("2.0.0")
    demo.tiny.write(README, readme)
    assert [each.partition(":")[0] for each in demo.findings()] == [README]


def test_a_major_version_that_breaks_nothing_needs_no_section(demo: History) -> None:
    assert demo.edit(("Default: anna", "Default: bob")).state("2.0.0").findings() == []


def test_an_update_that_fails_in_one_example_is_refused_whatever_the_step(demo: History) -> None:
    second = "  Second:\n    Type: AWS::S3::Bucket\n    Condition: IsLarge\n"
    name = "    Properties: { BucketName: !Sub 'store-${AWS::AccountId}' }\n"  # which the stack has already
    demo.edit(("  Spare:\n", f"{second}{name}  Spare:\n")).state("2.0.0")
    demo.tiny.write(README, UPGRADING)
    (told,) = demo.findings()
    assert told.startswith(
        "products/demo/template.yaml.j2:38: the update of a stack of 1.0.0 (example large) fails at Second "
        "(AWS::S3::Bucket): "
    )
    assert "[E9071]" in told


def test_a_resource_that_keeps_its_name_cannot_be_replaced(demo: History) -> None:
    demo.edit(("BillingMode: PAY_PER_REQUEST", "BillingMode: PAY_PER_REQUEST\n      TableName: items")).state("2.0.0")
    demo.tiny.write(README, UPGRADING)
    demo.release()
    demo.edit(*REKEYED).state("3.0.0")
    demo.tiny.write(README, UPGRADING.replace("2.0.0", "3.0.0"))
    told = [each for each in demo.findings() if "stack of 2.0.0" in each]
    assert len(told) == 2
    assert "CloudFormation cannot update a stack when a custom-named resource requires replacing" in told[0]
    assert told[0].endswith("so that both can be there at once")


def test_values_that_are_no_longer_allowed_are_replaced_by_those_of_the_newer_example(demo: History) -> None:
    demo.edit(("AllowedValues: [small, large]", "AllowedValues: [small]"), ("[!Ref Size, large]", "[!Ref Size, small]"))
    demo.edit(("Size: large", "Owner: eve"), path="products/demo/examples/large.yaml")
    demo.state("2.0.0")
    demo.tiny.write(README, UPGRADING)
    assert demo.findings() == []  # the newer example gives a value that passes


def test_where_no_value_passes_any_more_the_update_is_refused(demo: History) -> None:
    demo.edit(("AllowedValues: [small, large]", "AllowedValues: [small]"), ("[!Ref Size, large]", "[!Ref Size, small]"))
    demo.state("2.0.0")
    demo.tiny.write(README, UPGRADING)
    assert demo.findings() == [
        "products/demo/template.yaml.j2: the update of a stack of 1.0.0 (example large) is refused: Parameter 'Size' "
        "must be one of AllowedValues [E9071]\n"
        "  → let the newer example of that name give values that pass, or correct the template"
    ]


def test_a_path_from_an_older_release_counts_too_until_it_is_retired(demo: History) -> None:
    demo.edit(*REKEYED).state("1.0.1").release()  # wrongly: it was frozen before anybody asked
    demo.edit(("Default: anna", "Default: bob")).state("1.1.0")
    (told,) = demo.findings()
    assert "Table (AWS::DynamoDB::Table) may be replaced (KeySchema changes) when a stack of 1.0.0 updates" in told
    assert told.endswith(BREAKING)
    demo.edit(("summary: A topic.\n", "summary: A topic.\nwithdrawn: { 1.0.0: deprecated }\n"), path=SPEC)
    assert len(demo.findings()) == 1  # leads may still update
    demo.edit(("deprecated", "inactive"), path=SPEC)
    assert demo.findings() == []


def test_paths_between_releases_are_proved_when_nothing_is_drafted(demo: History) -> None:
    demo.edit(*REKEYED).state("1.0.1").release()
    (told,) = demo.findings()
    assert "when a stack of 1.0.0 updates" in told
    assert told.endswith(BREAKING)


def test_a_required_parameter_that_was_renamed_is_rehearsed_from_what_the_release_recorded(
    tiny: TinyRepository,
) -> None:
    demo = History(tiny).edit(("    Default: anna\n", ""))
    for name in ("defaults", "large"):
        tiny.write(f"products/demo/examples/{name}.yaml", "description: X.\nparameters: { Owner: anna }\n")
    demo.release()
    demo.edit(("  Owner:", "  Keeper:"), ("Owner]", "Keeper]"), ("!Ref Owner", "!Ref Keeper")).state("2.0.0")
    for name in ("defaults", "large"):
        tiny.write(f"products/demo/examples/{name}.yaml", "description: X.\nparameters: { Keeper: anna }\n")
    tiny.write(README, UPGRADING)
    assert demo.findings() == []
    (comparison,) = demo.comparisons()
    assert comparison.updates["large"].refused[0][1] == "Parameters: [Keeper] must have values"
    assert comparison.updates["large"].failures == ()
