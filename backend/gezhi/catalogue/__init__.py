"""The catalogue: matters, who is responsible, limits, calendars."""
