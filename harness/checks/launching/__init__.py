"""Launch roles (N2): generated from what handlers call for a product's templates, and proved sufficient call by call.

A role must stand in an account before anybody knows region, parameters or ids. So each template is laid out twice, in
two imagined worlds that differ in all of these: what the calls of both have in common is what the template says, and
the rest is *. Read on in this order:

`handlers` which permissions a type takes, `calls` on which resource and with which condition keys; `imagined` the two
worlds (`samples`: texts that patterns allow; `imaginings`: worlds remembered); `generate` the calls of both, as rights;
`narrow` under which conditions they are given; `statements` and `policyfile` how people read them; `additions` what a
human adds; `role` the whole, of the templates that `texts` finds. `proof` asks IAM's decisions for each call of each
example, `job` both for a check. Pure, but for `role`, `texts` and `job`, which read files.
"""
