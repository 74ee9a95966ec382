"""The reproduction of both papers: profiles, runs and their records, tables, figures, notebooks and the commands of `make`."""
