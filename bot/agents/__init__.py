"""The agents: what each is asked, and the typed answer it gives."""
