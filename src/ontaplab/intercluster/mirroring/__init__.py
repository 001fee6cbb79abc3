"""What a mirror's destination asks of its source.

messages   what is said
source     Source: what can be asked; LocalSource: the cluster that holds the source volume answers
choosing   which snapshots are meant
routes     LocalSource over HTTP
client     RemoteSource: a Source in another cluster
followers  what a source asks of its synchronous destinations
reversals  what a destination asks of the source that it changes places with
"""
