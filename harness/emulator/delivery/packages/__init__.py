"""CodeArtifact, emulated: domains, repositories, their policies, tokens. The repositories keep no packages."""
