"""The verbs of the command line; beside the window, without Qt."""
