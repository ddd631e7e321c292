"""Rule E9101; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks import embedded, stackrules
from harness.documents import statemachines


class StateMachines(stackrules.StackRule):
    """A `Next` to nowhere, a state that nothing reaches, a loop without an end."""

    id = "E9101"
    shortdesc = "State machines are valid"
    description = "Definitions of state machines pass statelint; every state is reached and reaches an end"
    remedy = "correct the definition"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """What is wrong with each definition that the template holds."""
        for resource in stack.of("AWS::StepFunctions::StateMachine"):
            for name in ("DefinitionString", "Definition"):
                if name in resource.properties:
                    document = _substituted(resource.properties[name], resource.properties)
                    yield from embedded.told_of_json(resource.logical_id, (name,), document, statemachines.problems)


def _substituted(document: object, properties: object) -> object:
    """The text with DefinitionSubstitutions filled in, as CloudFormation does."""
    if isinstance(document, str):
        for name, given in (stackrules.value(properties, "DefinitionSubstitutions") or {}).items():
            document = document.replace(f"${{{name}}}", str(given))
    return document
