"""The returning screen: results go out."""
