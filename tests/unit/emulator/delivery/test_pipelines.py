"""Pipelines run: stages and their doors, approvals, variables, failures, retries, the ways back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import REGION, Tenant, signed
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import TEMPLATE, Place, action, approval, place, source, stage

_BUILD = """
version: 0.2
env: { exported-variables: [RELEASE] }
phases:
  build:
    commands:
      - export RELEASE=r-$WHAT
      - |
        echo '{"answer": "42"}' > made.json
artifacts: { files: [template.json, made.json] }
"""


@pytest.fixture
def here(tenant: Tenant) -> Place:
    return place(tenant)


def deploy(account: Tenant, role: str, service_role: str, value: Any, **more: Any) -> dict[str, Any]:
    overrides = {"Name": f"/deployed/{account.id}", "Value": value}
    return action(
        "Deploy",
        "CloudFormation",
        "Deploy",
        takes=["Built"],
        roleArn=role,
        ActionMode="CREATE_UPDATE",
        StackName="model-own",
        TemplatePath="Built::template.json",
        RoleArn=service_role,
        ParameterOverrides=json.dumps(overrides),
        **more,
    )


def deployer(other: Tenant, pipelines: Tenant) -> tuple[str, str]:
    """The two roles of an account that another account's pipelines deploy to."""
    trusted = things.role(other, "deployer", {"AWS": f"arn:aws:iam::{pipelines.id}:root"})
    return trusted, things.service_role(other, "stacks", "cloudformation")


def lets_in(bucket: str, owner: Tenant, *others: Tenant) -> dict[str, Any]:
    """Lets accounts use a bucket and a new key of its owner; gives the artifact store of the two."""
    roots = [f"arn:aws:iam::{each.id}:root" for each in others]
    objects = ["s3:GetObject", "s3:PutObject"]
    owner.client("s3").put_bucket_policy(Bucket=bucket, Policy=_policy(roots, objects, f"arn:aws:s3:::{bucket}/*"))
    key_policy = _policy([f"arn:aws:iam::{owner.id}:root", *roots], ["kms:*"], "*")
    key = owner.client("kms").create_key(Policy=key_policy)["KeyMetadata"]["Arn"]
    return {"type": "S3", "location": bucket, "encryptionKey": {"id": key, "type": "KMS"}}


def told_by_queue(tenant: Tenant) -> tuple[str, str]:
    """A topic, and the queue that gets what is published to it."""
    sns, sqs = tenant.client("sns"), tenant.client("sqs")
    topic = sns.create_topic(Name="approvals")["TopicArn"]
    queue, arn = sqs.create_queue(QueueName="told")["QueueUrl"], f"arn:aws:sqs:{REGION}:{tenant.id}:told"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, queue


def _policy(principals: list[str], actions: list[str], resource: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_release_is_built_tested_approved_and_deployed_in_other_accounts(here: Place, new_tenant: Any) -> None:
    tenant, preprod, prod = here.tenant, new_tenant(), new_tenant()
    store = lets_in(here.artifacts, tenant, preprod, prod)
    topic, queue = told_by_queue(tenant)
    things.project(tenant, "make", "", source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"})
    version = here.put({"template.json": TEMPLATE, "buildspec.yml": _BUILD})
    tested = deploy(preprod, *deployer(preprod, tenant), "#{Build.RELEASE}", namespace="Tested")
    answer = {"Fn::GetParam": ["Built", "made.json", "answer"]}
    released = deploy(prod, *deployer(prod, tenant), answer, gives=["Outputs"], OutputFileName="outputs.json")
    review = approval(
        NotificationArn=topic,
        CustomData="#{Tested.ParameterName} of #{Fetch.VersionId} in #{codepipeline.PipelineExecutionId}",
        ExternalEntityLink="https://example.com/report",
        runOrder=1,
    )
    build = action(
        "Build",
        "CodeBuild",
        "Make",
        takes=["Code"],
        gives=["Built"],
        namespace="Build",
        ProjectName="make",
        EnvironmentVariables=json.dumps([{"name": "WHAT", "value": "#{variables.What}"}]),
    )
    first = here.create(
        "release",
        stage("Source", source(here.sources, namespace="Fetch")),
        stage("Build", build),
        stage("Test", tested),
        stage("Production", review, {**released, "runOrder": 2}),
        variables=[{"name": "What", "defaultValue": "one"}],
        artifactStore=store,
    )
    token = here.token("release", "Production")
    (message,) = things.until(lambda: tenant.client("sqs").receive_message(QueueUrl=queue).get("Messages"))
    told = json.loads(json.loads(message["Body"])["Message"])
    assert told["approval"]["token"] == token
    assert told["approval"]["customData"] == f"/deployed/{preprod.id} of {version} in {first}"
    assert told["approval"]["externalEntityLink"] == "https://example.com/report"
    assert token in told["approval"]["approvalReviewLink"]
    value = preprod.client("ssm").get_parameter(Name=f"/deployed/{preprod.id}")["Parameter"]["Value"]
    assert value == "r-one"
    assert prod.client("cloudformation").list_stacks()["StackSummaries"] == []

    here.decide("release", "Production", "Approved")
    assert here.ended("release", first) == "Succeeded"
    value = prod.client("ssm").get_parameter(Name=f"/deployed/{prod.id}")["Parameter"]["Value"]
    assert value == "42"
    found = here.actions("release", first)
    assert found["Decide"]["updatedBy"] == f"arn:aws:iam::{tenant.id}:root"
    assert found["Make"]["output"]["outputVariables"] == {"RELEASE": "r-one"}
    where = found["Deploy"]["output"]["outputArtifacts"][0]["s3location"]
    written = tenant.client("s3").get_object(Bucket=where["bucket"], Key=where["key"])["Body"].read()
    assert json.loads(things.files_of(written)["outputs.json"]) == {"ParameterName": f"/deployed/{prod.id}"}
    (build_id,) = tenant.client("codebuild").list_builds_for_project(projectName="make")["ids"]
    (built,) = tenant.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert built["initiator"] == "codepipeline/release"
    stack = prod.client("cloudformation").describe_stacks(StackName="model-own")["Stacks"][0]
    assert stack["RoleARN"] == f"arn:aws:iam::{prod.id}:role/stacks"


def test_what_is_rejected_goes_no_further_and_says_who_said_so(here: Place) -> None:
    topic = action("Deploy", "S3", "Publish", takes=["Code"], BucketName=here.sources, Extract="true", ObjectKey="out")
    first = here.create(
        "rejecting", stage("Source", source(here.sources)), stage("Gate", approval()), stage("Out", topic)
    )
    here.decide("rejecting", "Gate", "Rejected", "not good enough")
    assert here.ended("rejecting", first) == "Failed"
    assert here.why("rejecting", first, "Decide") == "ApprovalRejected: not good enough"
    assert "Publish" not in here.actions("rejecting", first)
    with pytest.raises(ClientError, match="InvalidApprovalTokenException"):
        here.client.put_approval_result(
            pipelineName="rejecting",
            stageName="Gate",
            actionName="Decide",
            result={"summary": "after all", "status": "Approved"},
            token="00000000-0000-0000-0000-000000000000",
        )


def test_a_newer_execution_supersedes_the_one_that_waits(here: Place) -> None:
    first = here.create("super", stage("Source", source(here.sources)), stage("Gate", approval()))
    here.token("super", "Gate")
    second = here.client.start_pipeline_execution(name="super")["pipelineExecutionId"]
    things.until(lambda: here.stage("super", "Gate").get("inboundExecution"))
    third = here.client.start_pipeline_execution(name="super")["pipelineExecutionId"]
    assert here.ended("super", second) == "Superseded"
    assert here.stage("super", "Gate")["latestExecution"]["pipelineExecutionId"] == first
    here.decide("super", "Gate", "Approved")
    assert here.ended("super", first) == "Succeeded"
    here.decide("super", "Gate", "Approved")
    assert here.ended("super", third) == "Succeeded"


def test_queued_executions_wait_for_their_turn(here: Place) -> None:
    stages = (stage("Source", source(here.sources)), stage("Gate", approval()))
    first = here.create("queued", *stages, executionMode="QUEUED")
    here.token("queued", "Gate")
    others = [here.client.start_pipeline_execution(name="queued")["pipelineExecutionId"] for _ in range(2)]
    things.until(lambda: len(here.stage("queued", "Gate").get("inboundExecutions", ())) == 2)
    for execution in (first, *others):
        here.decide("queued", "Gate", "Approved")
        assert here.ended("queued", execution) == "Succeeded"


def test_parallel_executions_do_not_wait_for_each_other(here: Place) -> None:
    stages = (stage("Source", source(here.sources)), stage("Gate", approval()))
    here.create("parallel", *stages, executionMode="PARALLEL")
    second = here.client.start_pipeline_execution(name="parallel")["pipelineExecutionId"]
    things.until(lambda: "Decide" in here.actions("parallel", second))
    here.decide("parallel", "Gate", "Approved")
    assert here.ended("parallel", second) == "Succeeded"


def test_a_closed_door_holds_executions_back_until_it_is_opened(here: Place) -> None:
    topic = action("Deploy", "S3", "Publish", takes=["Code"], BucketName=here.sources, Extract="true")
    first = here.create("held", stage("Source", source(here.sources)), stage("Gate", approval()), stage("Out", topic))
    given = {"pipelineName": "held", "stageName": "Out", "transitionType": "Inbound"}
    here.client.disable_stage_transition(**given, reason="not on Fridays")
    here.decide("held", "Gate", "Approved")
    things.until(lambda: here.stage("held", "Out").get("inboundExecution"))
    transition = here.stage("held", "Out")["inboundTransitionState"]
    assert (transition["enabled"], transition["disabledReason"]) == (False, "not on Fridays")
    here.client.enable_stage_transition(**given)
    assert here.ended("held", first) == "Succeeded"
    assert here.tenant.client("s3").get_object(Bucket=here.sources, Key="template.json")["Body"].read() == b"{}"


def test_a_failed_stage_is_tried_again_from_where_it_failed(here: Place) -> None:
    copy = {"takes": ["Code"], "Extract": "false"}
    good = action("Deploy", "S3", "Good", BucketName=here.sources, ObjectKey="good", **copy)
    bad = action("Deploy", "S3", "Bad", BucketName=f"later-{here.tenant.id}", ObjectKey="late", **copy)
    first = here.create("again", stage("Source", source(here.sources)), stage("Out", good, bad))
    assert here.ended("again", first) == "Failed"
    assert "NoSuchBucket" in here.why("again", first, "Bad")
    things.bucket(here.tenant, "later")
    given = {"pipelineName": "again", "stageName": "Out", "pipelineExecutionId": first}
    here.client.retry_stage_execution(**given, retryMode="FAILED_ACTIONS")
    assert here.ended("again", first) == "Succeeded"
    names = [
        each["actionName"]
        for each in here.client.list_action_executions(pipelineName="again")["actionExecutionDetails"]
    ]
    assert sorted(names) == ["Bad", "Bad", "Fetch", "Good"]
    with pytest.raises(ClientError, match="StageNotRetryableException"):
        here.client.retry_stage_execution(**given, retryMode="FAILED_ACTIONS")


def test_a_stage_that_fails_rolls_back_to_what_it_had_before(here: Place) -> None:
    where = {"BucketName": here.sources, "ObjectKey": "#{variables.Key}"}
    out = action("Deploy", "S3", "Publish", takes=["Code"], Extract="false", **where)
    stages = (stage("Source", source(here.sources)), stage("Out", out, onFailure={"result": "ROLLBACK"}))
    good = here.create("back", *stages, variables=[{"name": "Key", "defaultValue": "kept"}])
    assert here.ended("back", good) == "Succeeded"
    here.tenant.client("s3").delete_object(Bucket=here.sources, Key="kept")
    here.put({"other": "file"})
    declared = here.client.get_pipeline(name="back")["pipeline"]
    declared["stages"][1]["actions"][0]["configuration"]["BucketName"] = "no-such-bucket"
    here.client.update_pipeline(pipeline=declared)
    bad = here.client.start_pipeline_execution(name="back")["pipelineExecutionId"]
    assert here.ended("back", bad) == "Failed"

    def rollback() -> Any:
        found = here.client.list_pipeline_executions(pipelineName="back")["pipelineExecutionSummaries"]
        return next((each for each in found if each["executionType"] == "ROLLBACK"), None)

    back = things.until(rollback)
    assert back["rollbackMetadata"]["rollbackTargetPipelineExecutionId"] == good
    assert back["trigger"] == {"triggerType": "AutomatedRollback", "triggerDetail": bad}
    assert here.ended("back", back["pipelineExecutionId"]) == "Succeeded"
    content = here.tenant.client("s3").get_object(Bucket=here.sources, Key="kept")["Body"].read()
    assert things.files_of(content) == {"template.json": "{}"}


def test_an_execution_is_stopped_and_its_approval_abandoned(here: Place) -> None:
    first = here.create("stopped", stage("Source", source(here.sources)), stage("Gate", approval()))
    token = here.token("stopped", "Gate")
    given = {"pipelineName": "stopped", "pipelineExecutionId": first}
    here.client.stop_pipeline_execution(**given, abandon=True, reason="wrong model")
    assert here.ended("stopped", first) == "Stopped"
    assert here.actions("stopped", first)["Decide"]["status"] == "Abandoned"
    with pytest.raises(ClientError, match="ApprovalAlreadyCompletedException"):
        here.client.put_approval_result(
            pipelineName="stopped",
            stageName="Gate",
            actionName="Decide",
            result={"summary": "", "status": "Approved"},
            token=token,
        )
    with pytest.raises(ClientError, match="PipelineExecutionNotStoppableException"):
        here.client.stop_pipeline_execution(**given)


def test_a_start_chooses_variables_and_revisions(here: Place) -> None:
    old = here.put({"old": "one"}, "chosen.zip")
    here.put({"new": "one"}, "chosen.zip")
    where = {"BucketName": here.sources, "ObjectKey": "#{variables.Key}"}
    out = action("Deploy", "S3", "Publish", takes=["Code"], Extract="false", **where)
    fetch = source(here.sources, AllowOverrideForS3ObjectKey="true")
    first = here.create("chosen", stage("Source", fetch), stage("Out", out), variables=[{"name": "Key"}])
    assert first == ""  # a variable has no value: it does not start by itself
    with pytest.raises(ClientError, match="Key has no default"):
        here.client.start_pipeline_execution(name="chosen")
    revisions = [
        {"actionName": "Fetch", "revisionType": "S3_OBJECT_KEY", "revisionValue": "chosen.zip"},
        {"actionName": "Fetch", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": old},
    ]
    given = {"name": "chosen", "variables": [{"name": "Key", "value": "out"}], "sourceRevisions": revisions}
    started = here.client.start_pipeline_execution(**given, clientRequestToken="once")["pipelineExecutionId"]
    again = here.client.start_pipeline_execution(**given, clientRequestToken="once")["pipelineExecutionId"]
    assert again == started
    assert here.ended("chosen", started) == "Succeeded"
    content = here.tenant.client("s3").get_object(Bucket=here.sources, Key="out")["Body"].read()
    assert things.files_of(content) == {"old": "one"}
    found = here.client.get_pipeline_execution(pipelineName="chosen", pipelineExecutionId=started)
    assert found["pipelineExecution"]["variables"] == [{"name": "Key", "resolvedValue": "out"}]
    assert found["pipelineExecution"]["artifactRevisions"][0]["revisionId"] == old


def test_an_action_whose_role_does_not_trust_the_pipeline_fails(here: Place, new_tenant: Any) -> None:
    stranger = things.service_role(new_tenant(), "stranger", "lambda")
    out = action("Deploy", "S3", "Publish", takes=["Code"], roleArn=stranger, BucketName=here.sources, Extract="true")
    first = here.create("untrusted", stage("Source", source(here.sources)), stage("Out", out))
    assert here.ended("untrusted", first) == "Failed"
    assert here.why("untrusted", first, "Publish").startswith("PermissionError: An error occurred (AccessDenied)")


def test_an_action_can_do_what_its_role_can(here: Place) -> None:
    reading = {"Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [reading]}
    role = things.role(here.tenant, "reader", {"AWS": f"arn:aws:iam::{here.tenant.id}:root"}, policy)
    out = action("Deploy", "S3", "Publish", takes=["Code"], roleArn=role, BucketName=here.sources, Extract="true")
    first = here.create("narrow", stage("Source", source(here.sources)), stage("Out", out))
    assert here.ended("narrow", first) == "Failed"
    told = here.why("narrow", first, "Publish")
    assert told.startswith("PermissionError: ")
    assert f"assumed-role/reader/{first} is not authorized to perform: s3:PutObject" in told


def test_only_who_may_answer_an_approval_answers_it(here: Place) -> None:
    first = here.create("mine", stage("Source", source(here.sources)), stage("Gate", approval()))
    token = here.token("mine", "Gate")
    answer = {"pipelineName": "mine", "stageName": "Gate", "actionName": "Decide", "token": token}
    arn = f"arn:aws:codepipeline:{REGION}:{here.tenant.id}:mine/Gate/Decide"
    for name, resource in (("stranger", f"{arn}/no"), ("approver", arn)):
        allowed = {"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": resource}
        trusted = {"AWS": f"arn:aws:iam::{here.tenant.id}:root"}
        role = things.role(here.tenant, name, trusted, {"Version": "2012-10-17", "Statement": [allowed]})
        keys = here.tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
        secrets = (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        client = signed("codepipeline", here.tenant.url, *secrets)
        if name == "stranger":
            with pytest.raises(ClientError, match="not authorized to perform: codepipeline:PutApprovalResult"):
                client.put_approval_result(**answer, result={"summary": "", "status": "Approved"})
        else:
            client.put_approval_result(**answer, result={"summary": "", "status": "Approved"})
    assert here.ended("mine", first) == "Succeeded"
    by = here.actions("mine", first)["Decide"]["updatedBy"]
    assert by == f"arn:aws:sts::{here.tenant.id}:assumed-role/approver/me"


def test_a_deployment_that_fails_tells_the_reason_of_its_first_resource(here: Place) -> None:
    here.put({"template.json": TEMPLATE.replace('"String", "Value"', '"Nonsense", "Value"')})
    service = things.service_role(here.tenant, "stacks", "cloudformation")
    given = {key: value for key, value in deploy(here.tenant, here.role, service, "x").items() if key != "roleArn"}
    given["inputArtifacts"] = [{"name": "Code"}]
    given["configuration"]["TemplatePath"] = "Code::template.json"
    first = here.create("broken", stage("Source", source(here.sources)), stage("Out", given))
    assert here.ended("broken", first) == "Failed"
    assert "Nonsense" in here.why("broken", first, "Deploy")
