"""The processing screen: what officers and leaders work on."""
