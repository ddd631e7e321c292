"""What IAM would decide: reading policies, and deciding one request over them.

Pure: it imports nothing else of the harness and no AWS client. Begin at `evaluate.py`.
"""

from __future__ import annotations

from harness.iam.decision import Clause, Decision, denial
from harness.iam.errors import UnreadablePolicyError
from harness.iam.evaluate import EVERYTHING, UNLIMITED, PrincipalPolicies, evaluate
from harness.iam.policy import Kind, Policy
from harness.iam.principals import Level, Principal
from harness.iam.request import Request, Values

__all__ = [
    "EVERYTHING",
    "UNLIMITED",
    "Clause",
    "Decision",
    "Kind",
    "Level",
    "Policy",
    "Principal",
    "PrincipalPolicies",
    "Request",
    "UnreadablePolicyError",
    "Values",
    "denial",
    "evaluate",
]
