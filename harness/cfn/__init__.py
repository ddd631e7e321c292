"""What CloudFormation would do with a template, computed without AWS.

Pure: template, parameters, surroundings and the stack's previous state in; new state and events out. Imports nothing else of
the harness and knows no AWS client.
"""
