"""Counterclaim: who said which number, where sources disagree, and by at least how much."""
