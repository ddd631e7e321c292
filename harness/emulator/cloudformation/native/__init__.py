"""Resource types that become real: one module a service, each over the emulated service's own API."""
