"""What ours is measured against: the plainest code that does the like."""
