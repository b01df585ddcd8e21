"""Set-up, the sample office and the demonstration."""
