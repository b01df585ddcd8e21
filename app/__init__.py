"""The workstation of Quầy Một Cửa."""
