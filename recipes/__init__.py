"""How the shipped parts were made."""
