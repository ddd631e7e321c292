"""CodePipeline V2, emulated: definitions, and executions whose actions really act, each with its role."""
