"""The statistics screen: figures, charts of our own painting, tables, and paper."""
