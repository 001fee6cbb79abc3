"""The local store: runs and their journal. The clusters are the truth; losing the store loses history, nothing else."""
