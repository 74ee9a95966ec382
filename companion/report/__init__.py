"""Records -> tables, figures and sentences, a file a subject. Never torch: a figure can be drawn again without a run."""
