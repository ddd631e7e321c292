"""Launch roles (N2): generated from what handlers call for a product's templates, and proved sufficient call by call.

`handlers` knows which permissions a type takes, `calls` on which resource, with which condition keys. `imagined` lays
a template out without anybody's parameters, `generate` asks for its calls, `narrow` says under which conditions,
`statements` and `policyfile` write them; `additions` are a human's, `role` is the whole. `proof` asks IAM's decisions
for each call of each example. Pure, but for `role`, which reads the product's files.
"""
