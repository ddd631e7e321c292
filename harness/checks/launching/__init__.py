"""Launch roles (N2), proved call by call: what the handlers of every example's resources do, under the role's policies.

`handlers` knows which permissions a type takes, `calls` on which resource and with which condition keys, `proof` asks
IAM's decisions for each. Pure.
"""
