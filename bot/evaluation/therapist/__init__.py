"""What the Therapist finds on labelled drafts."""
