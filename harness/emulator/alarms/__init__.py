"""CloudWatch of the emulated landscape: metrics that services write, alarms that are evaluated and act."""
