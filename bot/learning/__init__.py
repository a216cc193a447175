"""What can be learned from turns: rewards, from the Critic and from people."""
