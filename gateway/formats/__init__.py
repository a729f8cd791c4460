"""Documents and what they mean: content lines, cards, events, tasks, sameness, recurrence, filters. Pure."""
