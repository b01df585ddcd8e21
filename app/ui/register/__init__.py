"""The register screen: the day book, books of certifications, and the closing of a day."""
