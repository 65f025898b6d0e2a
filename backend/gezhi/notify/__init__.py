"""Notify: subscriptions, notifications, and the channels that carry them."""
