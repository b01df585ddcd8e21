"""Everything a clerk sees; the only Qt in app/."""
