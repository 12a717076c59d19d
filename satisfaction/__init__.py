"""Satisfaction: questionnaires, waves, samples, answers, scores."""
