"""The server's tables; the agency leads every key and index: it is the shard key."""
