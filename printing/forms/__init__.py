"""The paper forms: words in, documents out."""
