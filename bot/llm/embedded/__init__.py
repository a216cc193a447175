"""The embedded model: its files, and llama.cpp in a child process."""
