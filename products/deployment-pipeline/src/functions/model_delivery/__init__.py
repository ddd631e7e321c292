"""What a deployment does between the stages of its pipeline: releases, copies, tests, restores."""
