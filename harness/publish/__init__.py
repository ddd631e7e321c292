"""Publishing: what a hub holds, what it should hold, the plan between the two, and how a plan is performed."""
