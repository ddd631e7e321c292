"""What is found in a launch is told in the words of its template."""

from __future__ import annotations

from harness.cfn.provider import SchemaProvider
from harness.checks.jobs import Given, Launch
from harness.checks.rehearse import rehearse
from harness.checks.stackrules import Stack
from harness.checks.written import as_written

TEMPLATE = """\
Parameters:
  Group: { Type: String }
  Days: { Type: String, Default: "3650" }
  Kind: { Type: String, Default: s3 }
Resources:
  Topic:
    Type: AWS::SNS::Topic
  Queue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: !Sub "${Group}-calls" }
"""


def stack() -> Stack:
    launch = Launch("fixture", TEMPLATE, {"Group": "churn"}, "111111111111", "eu-west-1", Given())
    rehearsed = rehearse(launch, SchemaProvider())
    assert rehearsed.state is not None, rehearsed.failures
    return Stack(rehearsed.state, launch.account_id, launch.region)


def test_values_are_told_by_their_names_the_longest_first() -> None:
    made = stack()
    (topic,) = made.of("AWS::SNS::Topic")
    assert as_written(f"on {topic.ref}", made) == "on ${Topic}"
    assert as_written("on arn:aws:sqs:eu-west-1:111111111111:churn-calls", made) == "on ${Queue.Arn}"
    assert as_written("arn:aws:sagemaker:eu-west-1:111111111111:pipeline/churn-training", made) == (
        "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:pipeline/${Group}-training"
    )


def test_a_value_within_a_word_a_number_and_a_short_text_stay() -> None:
    assert as_written("churning for 3650 days in s3 of 222222222222", stack()) == (
        "churning for 3650 days in s3 of 222222222222"
    )
