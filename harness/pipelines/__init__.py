"""SageMaker pipelines as data: read, checked, resolved and scheduled. Knows no AWS client: starting jobs is a protocol.

Begin with `model.py`, `validate.py` (text → definition) and `schedule.py` (one execution).
"""
