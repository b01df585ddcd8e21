"""What a clerk does; one module per thing done. Frozen values leave, rows never do."""
