"""CodeBuild, emulated: projects, and builds whose commands really run on this machine."""
