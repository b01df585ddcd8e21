"""Small general widgets that know nothing of dossiers."""
