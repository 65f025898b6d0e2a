"""The ground Gezhi stands on when it runs by itself: a private PostgreSQL, and the processes behind one address."""
