"""Random templates: a grammar of parameters, maps, conditions, resources that refer to earlier ones, and outputs.

Every template that it gives is valid and can be made as it stands. Two of them never have one id for two types.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

POLICIES = st.sampled_from(["Delete", "Retain", "RetainExceptOnCreate"])
TEXTS = st.text("abcdefgh", min_size=1, max_size=4)
PARAMETERS = {
    "Word": {"Type": "String", "Default": "word"},
    "Words": {"Type": "CommaDelimitedList", "Default": "one,two,three"},
    "Hidden": {"Type": "String", "Default": "hush", "NoEcho": True},
    "Vpc": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/network/vpc"},
}
MAPPINGS = {"Sizes": {"small": {"name": "s", "seconds": 5}, "large": {"name": "l", "seconds": 9}}}
KINDS = ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::SSM::Parameter")
_ATTRIBUTES = {"AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName", "AWS::SSM::Parameter": "Type"}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Conditions over the parameters; later ones may ask earlier ones."""
    first = {"Fn::Equals": [{"Ref": "Word"}, draw(st.sampled_from(["word", "other"]))]}
    second: dict[str, Any] = {"Fn::Not": [{"Condition": "First"}]}
    both = draw(st.sampled_from(["Fn::And", "Fn::Or"]))
    third = {both: [{"Condition": "First"}, {"Fn::Equals": [{"Fn::Select": ["0", {"Ref": "Words"}]}, "one"]}]}
    return {"First": first, "Second": second, "Third": third}


@st.composite
def texts(draw: st.DrawFn, earlier: dict[str, str], depth: int = 2) -> Any:
    """An expression that gives text. `earlier`: logical ids that are always there → their types."""
    simple: list[st.SearchStrategy[Any]] = [
        TEXTS,
        st.sampled_from([{"Ref": name} for name in ("Word", "Hidden", "Vpc", "AWS::Region", "AWS::StackName")]),
        st.just({"Fn::FindInMap": ["Sizes", "small", "name"]}),
        st.just({"Fn::ImportValue": "shared-topic"}),
        st.just({"Fn::Select": [1, {"Ref": "Words"}]}),
        st.just("{{resolve:ssm:/network/vpc}}"),
    ]
    if earlier:
        names = st.sampled_from(list(earlier))
        simple.append(names.map(lambda name: {"Ref": name}))
        simple.append(names.map(lambda name: {"Fn::GetAtt": [name, _ATTRIBUTES[earlier[name]]]}))
        simple.append(names.map(lambda name: {"Fn::Sub": f"${{{name}}}-${{Word}}-${{!kept}}"}))
    if depth == 0:
        return draw(st.one_of(simple))
    inner = texts(earlier, depth - 1)
    composed: list[st.SearchStrategy[Any]] = [
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"Fn::Join": ["-", items]}),
        st.tuples(st.sampled_from(["First", "Second", "Third"]), inner, inner).map(lambda made: {"Fn::If": list(made)}),
        inner.map(lambda value: {"Fn::Sub": ["<${X}>", {"X": value}]}),
        inner.map(lambda value: {"Fn::Select": [0, {"Fn::Split": ["-", value]}]}),
        inner.map(lambda value: {"Fn::Base64": value}),
    ]
    return draw(st.one_of(*simple, *composed))


@st.composite
def templates(draw: st.DrawFn, size: int = 6) -> dict[str, Any]:
    """A template of queues, topics and parameters."""
    resources: dict[str, Any] = {}
    earlier: dict[str, str] = {}
    for index in range(draw(st.integers(1, size))):
        kind = draw(st.sampled_from(KINDS))
        # The type is part of the id, so that a second template never changes a type under an id.
        name = f"{kind.rpartition('::')[2]}{index}"
        resource: dict[str, Any] = {
            "Type": kind,
            "Properties": _properties(draw, kind, earlier),
            "DeletionPolicy": draw(POLICIES),
            "UpdateReplacePolicy": draw(st.sampled_from(["Delete", "Retain"])),
        }
        if earlier and draw(st.booleans()):
            resource["DependsOn"] = draw(st.sampled_from(list(earlier)))
        if resources and draw(st.integers(0, 3)) == 0:
            resource["Condition"] = draw(st.sampled_from(["First", "Second", "Third"]))
        else:
            earlier[name] = kind
        resources[name] = resource
    outputs = {name: {"Value": {"Ref": name}} for name in list(earlier)[:2]}
    return {
        "Parameters": PARAMETERS,
        "Mappings": MAPPINGS,
        "Conditions": draw(conditions()),
        "Resources": resources,
        "Outputs": outputs,
    }


def _properties(draw: st.DrawFn, kind: str, earlier: dict[str, str]) -> dict[str, Any]:
    match kind:
        case "AWS::SQS::Queue":
            word = draw(st.sampled_from([{"Ref": "Word"}, {"Fn::Sub": "${Word}.x"}, "w"]))  # tags take few characters
            tag = {"Fn::If": ["First", {"Key": "k", "Value": word}, {"Ref": "AWS::NoValue"}]}
            return {"VisibilityTimeout": draw(st.integers(0, 9)), "Tags": [tag]}
        case "AWS::SNS::Topic":
            return {"DisplayName": draw(texts(earlier)), "FifoTopic": draw(st.booleans())}
    return {"Type": "String", "Value": draw(texts(earlier))}
