"""People whom a plugin knows and the core doesn't: they sign in to that plugin's pages, nowhere else."""
