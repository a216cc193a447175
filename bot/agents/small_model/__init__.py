"""The strategies of Chatbot and Therapist for a model too small to say it well itself."""
