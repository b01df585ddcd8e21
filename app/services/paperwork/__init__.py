"""Every paper form, made from the store: an order in, a finished PDF out."""
