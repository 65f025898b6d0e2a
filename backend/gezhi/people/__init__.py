"""People: users, units, posts, the roster, sign-in and sessions."""
