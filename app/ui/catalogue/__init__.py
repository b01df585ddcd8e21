"""The catalogue screen: what the province's catalogue says, from when, and what changed."""
