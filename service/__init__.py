"""Counterclaim: who said which number, where the sources disagree, and by how much at least."""
