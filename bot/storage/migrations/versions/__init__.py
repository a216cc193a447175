"""One file a revision, each as it was released."""
