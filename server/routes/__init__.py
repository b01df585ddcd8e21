"""Thin routes: parse, authorise, call a service, answer."""
