"""The house rules: one file each, cfn-lint runs them beside its own.

Ids: E900x shape, E901x IAM, E902x data, E903x contract, E904x names, E905x exceptions.
"""
