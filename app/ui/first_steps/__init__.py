"""The first steps: printer, scanners and a practice dossier, before the first citizen."""
