"""Paper: documents as data in millimetres, the forms, the spool, the drivers."""
