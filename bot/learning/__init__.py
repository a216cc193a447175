"""The learning from turns and from labelled replies: rewards, and probes of a model."""
