"""Forms that several screens are built of: a person, the case fields, the papers."""
