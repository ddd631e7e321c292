"""Watches what runs in an account: finds endpoints, pipelines, queues by their tags, and keeps their alarms."""
