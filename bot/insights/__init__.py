"""What the figures say: agreement, ranking, intervals, and pictures of them."""
