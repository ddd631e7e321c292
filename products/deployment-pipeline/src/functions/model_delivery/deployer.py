"""Clients that act in an environment's account, as the deployer of its foundation. Decides nothing."""

from __future__ import annotations

from typing import Any

import boto3

from model_delivery.settings import Settings


class Deployer:
    """The deployer of one environment."""

    def __init__(self, settings: Settings, environment: str) -> None:
        given = boto3.client("sts").assume_role(
            RoleArn=settings.role(environment, "deployer"), RoleSessionName=f"{settings.group}-delivery"
        )["Credentials"]
        self._session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=settings.region,
        )

    def client(self, service: str) -> Any:
        """A boto3 client in that account."""
        return self._session.client(service)  # type: ignore[call-overload] # typed for literal names only
