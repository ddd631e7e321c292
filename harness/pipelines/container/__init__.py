"""What SageMaker promises a container, kept for processes of this machine: folders, files, variables, and how they end.

It moves no data: who runs a job fills the folders before and takes what is in them afterwards.
"""
