"""The client for every endpoint that speaks the OpenAI API."""
