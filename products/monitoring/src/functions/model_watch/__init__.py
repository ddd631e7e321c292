"""Watches what runs in an account: finds endpoints, pipelines and queues by their tags, measures them, and keeps their alarms."""
