"""Files, weights, progress and stopwatch: what any of the other folders may use."""
