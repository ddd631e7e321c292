"""AWS's delivery services, emulated: CodePipeline V2, CodeBuild, CodeConnections, CodeArtifact. Runs really run.

They take the place of moto's records of them. `install` puts them there; nothing else in the package reaches into moto.
"""

from __future__ import annotations

import re
from typing import Any

UNKNOWN_TO_MOTO = ("codeartifact", "codeconnections", "codestar-connections")


def install() -> None:
    """Put these services in the place of moto's, before moto's server starts."""
    import moto.codebuild.urls
    import moto.codepipeline.urls
    from moto.backend_index import backend_url_patterns

    from harness.emulator import background
    from harness.emulator.delivery import connections
    from harness.emulator.delivery.builds import run
    from harness.emulator.delivery.operations import RESPONSES
    from harness.emulator.delivery.packages import index
    from harness.emulator.delivery.pipelines import expiry, starts

    moto.codebuild.urls.url_paths["{0}/$"] = RESPONSES["codebuild"].dispatch
    moto.codepipeline.urls.url_paths["{0}/$"] = RESPONSES["codepipeline"].dispatch
    known = {name for name, _ in backend_url_patterns}
    for name in UNKNOWN_TO_MOTO:
        if name not in known:
            backend_url_patterns.append((name, re.compile(rf"https?://{name}\.(.+)\.amazonaws\.com")))
    connections.install()
    connections.when_pushed(starts.on_push)
    expiry.install()
    index.install()
    background.when_ended(run.stop_all)


def response_of(service: str) -> Any:
    """moto's kind of response for a service that moto has no module for."""
    from harness.emulator.delivery.operations import RESPONSES

    return RESPONSES[service]
