"""CloudFormation of the emulated landscape: `harness/cfn` behind the service's API, over real backends."""
