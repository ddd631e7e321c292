"""What a template may look up in its account and region, read from the emulated services only when it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError

from harness.cfn.model import Surroundings


class _Lookup(Mapping[str, str]):
    """A mapping that asks a backend for each key. Iterating it lists nothing: the engine only looks keys up."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def _find(self, key: str) -> str | None:
        raise NotImplementedError

    def __getitem__(self, key: str) -> str:
        value = self._find(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Parameters(_Lookup):
    """SSM parameters (String and StringList, or SecureString only)."""

    secure = False

    def _find(self, key: str) -> str | None:
        from moto.ssm.models import ssm_backends

        try:
            parameter: Any = ssm_backends[self._account_id][self._region].get_parameter(key)
        except JsonRESTError:  # no such version
            return None
        if parameter is None or (parameter.parameter_type == "SecureString") is not self.secure:
            return None
        return str(parameter.decrypt(parameter.value) if self.secure else parameter.value)


class _SecureParameters(_Parameters):
    secure = True


class _Secrets(_Lookup):
    def _find(self, key: str) -> str | None:
        from moto.secretsmanager.models import secretsmanager_backends

        try:
            secret = secretsmanager_backends[self._account_id][self._region].get_secret_value(key, None, None)
        except JsonRESTError:  # no such secret, or one without a value
            return None
        text = secret.get("SecretString")
        return None if text is None else str(text)


class _Zones(Mapping[str, tuple[str, ...]]):
    def __getitem__(self, region: str) -> tuple[str, ...]:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        return tuple(zone.name for zone in RegionsAndZonesBackend.zones[region])

    def __iter__(self) -> Iterator[str]:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        return iter(RegionsAndZonesBackend.zones)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def surroundings_of(
    account_id: str,
    region: str,
    exports: Mapping[str, str],
    exporters: Mapping[str, str],
    importers: Mapping[str, tuple[str, ...]],
) -> Surroundings:
    """The surroundings of a stack in that account and region."""
    return Surroundings(
        account_id=account_id,
        region=region,
        zones=_Zones(),
        ssm=_Parameters(account_id, region),
        ssm_secure=_SecureParameters(account_id, region),
        secrets=_Secrets(account_id, region),
        exports=exports,
        exporters=exporters,
        importers=importers,
    )
