"""From the assistant to a person and back: who is there, the queue, the one transition."""
