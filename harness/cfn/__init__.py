"""What CloudFormation would do with a template, computed without AWS.

Pure: template, parameters, surroundings and the stack's previous state in; new state and events out. Imports
nothing else of the harness and knows no AWS client.

The way in (import from the modules, so that data alone costs nothing to import):

- `model`: the data, `StackError`, `ResourceFailure` and the `Provider` protocol; light;
- `stack`: `create_stack`, `update_stack`, `delete_stack`, `continue_update_rollback`;
- `changes`: `change_set`, what an update would do, in the API's shape;
- `importing`: `import_change_set`, `import_resources`, which take existing resources in;
- `drift`: `detect`, what resources are beside what their stack expects;
- `summary`: `summarize`, what GetTemplateSummary and ValidateTemplate answer;
- `provider`: `SchemaProvider`, which makes plausible resources of every type with nothing behind them;
- `template`: `parse_template`; `parameters`: `resolve_parameters`, `masked`; `registry`: `resource_type`.
"""

from __future__ import annotations

__all__ = ["capabilities", "changes", "model", "parameters", "provider", "registry", "stack", "summary", "template"]
