"""Which step runs when: order, branches, failures, retries, caches, stops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from harness.pipelines import caching
from harness.pipelines.model import CAPACITY_ERROR, INTERNAL_ERROR
from harness.pipelines.schedule import FAILED
from harness.pipelines.services import Reusable, StepError
from tests.unit.pipelines.workshop import BEGIN, Workshop, execution, get, pipeline, processing

WAIT = "wait"


def decision(left: Any, if_steps: list[Any], else_steps: list[Any]) -> dict[str, Any]:
    conditions = [{"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": 0.8}]
    arguments = {"Conditions": conditions, "IfSteps": if_steps, "ElseSteps": else_steps}
    return {"Name": "Decide", "Type": "Condition", "Arguments": arguments}


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def test_a_step_gets_the_properties_of_those_before_it() -> None:
    workshop = Workshop({"first": [{"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"}}]})
    definition = pipeline(
        processing("second", Arguments={"Uri": get("Steps.first.ModelArtifacts.S3ModelArtifacts")}),
        processing("first"),
    )
    done = execution(definition, workshop).to_its_end()
    assert done.run.status == "Succeeded"
    assert workshop.started == [("first", {}), ("second", {"Uri": "s3://b/m.tar.gz"})]
    state = done.run.states["second"]
    assert (state.status, state.attempts, state.metadata) == (
        "Succeeded",
        1,
        {"ProcessingJob": {"Arn": "arn:second"}},
    )
    assert state.end_time is not None and state.end_time > state.start_time


def test_branches_run_side_by_side_up_to_the_limit() -> None:
    definition = pipeline(*(processing(name) for name in "abc"), processing("end", DependsOn=["a", "b", "c"]))
    free = Workshop({name: [WAIT, {}] for name in "abc"})
    assert execution(definition, free).go().statuses == dict.fromkeys("abc", "Executing")
    narrow = Workshop({name: [WAIT, {}] for name in "abc"})
    one = execution(definition, narrow, most_parallel=1).go()
    assert one.statuses == {"a": "Executing"}
    assert one.to_its_end().run.status == "Succeeded"
    assert narrow.names == ["a", "b", "c", "end"]


def test_only_the_side_that_holds_runs_and_what_waits_for_the_other_does_not() -> None:
    definition = pipeline(
        processing("score"),
        decision(get("Steps.score.Auc"), [processing("register")], [processing("reject"), fail("Stop", "no")]),
        processing("celebrate", DependsOn=["register"]),
        processing("mourn", DependsOn=["reject"]),
        processing("either", DependsOn=["Decide"]),
    )
    workshop = Workshop({"score": [{"Auc": 0.9}]})
    done = execution(definition, workshop).to_its_end()
    assert done.run.status == "Succeeded"
    assert set(workshop.names) == {"score", "register", "celebrate", "either"}
    assert done.run.states["Decide"].metadata == {"Condition": {"Outcome": "True"}}


def test_a_fail_step_fails_the_execution_with_its_message() -> None:
    message = {"Std:Join": {"On": " ", "Values": ["AUC is", get("Steps.score.Auc")]}}
    definition = pipeline(
        processing("score"),
        decision(get("Steps.score.Auc"), [processing("register")], [fail("TooWeak", message)]),
    )
    done = execution(definition, Workshop({"score": [{"Auc": 0.5}]})).to_its_end()
    assert (done.run.status, done.run.failure_reason) == ("Failed", "AUC is 0.5")
    assert done.run.states["TooWeak"].reason == "AUC is 0.5"
    assert "register" not in done.run.states


def test_after_a_failure_what_is_under_way_ends_and_nothing_new_starts() -> None:
    definition = pipeline(
        processing("breaks"),
        processing("slow"),
        processing("after-breaks", DependsOn=["breaks"]),
        processing("after-slow", DependsOn=["slow"]),
    )
    workshop = Workshop({"breaks": [StepError("ClientError: it broke")], "slow": [WAIT, WAIT, {}]})
    started = execution(definition, workshop).go().go()
    assert (started.run.status, started.statuses) == ("Executing", {"breaks": "Failed", "slow": "Executing"})
    done = started.to_its_end()
    assert done.statuses == {"breaks": "Failed", "slow": "Succeeded"}
    assert (done.run.status, done.run.failure_reason) == ("Failed", FAILED)
    assert done.run.states["breaks"].reason == "ClientError: it broke"


def test_a_value_that_is_not_there_fails_the_step_that_wants_it() -> None:
    definition = pipeline(processing("a"), processing("b", Arguments={"x": get("Steps.a.Missing")}))
    done = execution(definition, Workshop()).to_its_end()
    assert done.run.states["b"].reason == "step a has no 'Missing' at the top"
    assert done.run.status == "Failed"


def test_an_unreadable_property_file_fails_the_condition() -> None:
    value = {"Std:JsonGet": {"S3Uri": "s3://b/gone.json", "Path": "auc"}}
    definition = pipeline(decision(value, [processing("register")], []))
    done = execution(definition, Workshop()).to_its_end()
    assert done.run.states["Decide"].reason == "s3://b/gone.json is not there"


def retried(**policy: Any) -> Any:
    return pipeline(processing("s", RetryPolicies=[{"ExceptionType": [CAPACITY_ERROR], **policy}]))


def test_a_step_is_tried_again_at_growing_intervals() -> None:
    workshop = Workshop({"s": [StepError("none left", CAPACITY_ERROR), StepError("none left", CAPACITY_ERROR), {}]})
    run = execution(retried(IntervalSeconds=10, BackoffRate=3, MaxAttempts=2), workshop).go().go()
    assert len(workshop.started) == 1
    assert len(run.go(9).run.states) == 1 == len(workshop.started)
    run.go(1).go()
    assert len(workshop.started) == 2
    run.go(29)
    assert len(workshop.started) == 2
    run.go(1).go()
    assert run.run.status == "Succeeded"
    assert run.run.states["s"].attempts == 3


def test_attempts_are_limited_by_number_and_by_time() -> None:
    def ends(**policy: Any) -> int:
        workshop = Workshop({"s": [StepError("none left", CAPACITY_ERROR)]})
        done = execution(retried(**policy), workshop).to_its_end()
        assert done.run.states["s"].reason == "none left"
        return done.run.states["s"].attempts

    assert ends(MaxAttempts=2, BackoffRate=1) == 3
    assert ends(ExpireAfterMin=1, IntervalSeconds=25, BackoffRate=1) == 3


def test_an_error_that_no_policy_names_is_final() -> None:
    workshop = Workshop({"s": [StepError("broken", INTERNAL_ERROR)]})
    assert execution(retried(MaxAttempts=5), workshop).to_its_end().run.states["s"].attempts == 1


def test_a_former_result_is_used_again_until_it_expires() -> None:
    arguments = {"AppSpecification": {"ImageUri": "i"}, "ProcessingOutputConfig": {"Outputs": []}}
    definition = pipeline(
        processing("s", Arguments=arguments, CacheConfig={"Enabled": True, "ExpireAfter": "T30m"}),
        processing("t", Arguments={"x": get("Steps.s.Made")}),
    )
    key = caching.key(definition.steps["s"], {**arguments, "ProcessingOutputConfig": {"Outputs": [{}]}})
    former = Reusable("arn:former", {"Made": "before"}, {"ProcessingJob": {"Arn": "arn:old"}})
    workshop = Workshop(former={("s", key): (BEGIN - timedelta(minutes=29), former)})
    done = execution(definition, workshop).to_its_end()
    state = done.run.states["s"]
    assert workshop.started == [("t", {"x": "before"})]
    assert (state.cache_hit, state.attempts, state.metadata) == ("arn:former", 0, {"ProcessingJob": {"Arn": "arn:old"}})
    expired = Workshop({"s": [{"Made": "now"}]}, former={("s", key): (BEGIN - timedelta(minutes=31), former)})
    execution(definition, expired).to_its_end()
    assert expired.names == ["s", "t"]


def test_other_arguments_are_no_cache_hit() -> None:
    definition = pipeline(processing("s", CacheConfig={"Enabled": True, "ExpireAfter": "1d"}))
    step = definition.steps["s"]
    assert caching.key(step, {"Environment": {"A": "1"}}) != caching.key(step, {"Environment": {"A": "2"}})
    assert caching.key(pipeline(processing("s")).steps["s"], {}) == ""


def test_a_stop_ends_what_is_under_way_and_starts_nothing_more() -> None:
    workshop = Workshop({"a": [WAIT]})
    run = execution(pipeline(processing("a"), processing("b", DependsOn=["a"])), workshop).go()
    run.run.stop(run.now)
    assert (run.run.status, run.statuses) == ("Stopping", {"a": "Stopping"})
    run.go(1)
    assert (run.run.status, run.statuses) == ("Stopped", {"a": "Stopped"})


def test_a_stop_ends_the_wait_for_another_attempt() -> None:
    workshop = Workshop({"s": [StepError("none left", CAPACITY_ERROR)]})
    run = execution(retried(IntervalSeconds=100), workshop).go().go()
    run.run.stop(run.now)
    assert (run.run.status, run.statuses) == ("Stopped", {"s": "Stopped"})


def test_a_second_try_keeps_what_has_succeeded() -> None:
    definition = pipeline(processing("a"), processing("b", Arguments={"x": get("Steps.a.Made")}))
    first = execution(definition, Workshop({"a": [{"Made": 1}], "b": [StepError("no")]})).to_its_end()
    done = {name: state for name, state in first.run.states.items() if state.status == "Succeeded"}
    workshop = Workshop()
    second = execution(definition, workshop, done=done).to_its_end()
    assert (second.run.status, workshop.started) == ("Succeeded", [("b", {"x": 1})])


def test_every_change_of_a_step_is_told_with_its_former_status() -> None:
    told: list[Any] = []
    definition = pipeline(processing("a"))
    execution(definition, Workshop(), observe=lambda state, before: told.append((before, state.status))).to_its_end()
    assert told == [(None, "Starting"), ("Starting", "Executing"), ("Executing", "Succeeded")]
