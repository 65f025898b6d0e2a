"""The one error this package shows to people."""


class Failure(Exception):
    """Something the person who started Gezhi can put right; its text says what happened and what to do."""
