"""Accounts on this machine: moto's server, extended from outside. A proof tool, never a claim about AWS.

What is not modelled is refused with an AWS-shaped error that names the operation.
"""
