"""What is done with one dossier in its course, for whichever screen asks."""
