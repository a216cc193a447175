"""What is said in the Therapy Room where the model is too small to say it well itself."""
