"""What the server does; each takes an open session, in one transaction a request."""
