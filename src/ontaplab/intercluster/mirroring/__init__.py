"""What a mirror's destination asks of its source.

messages   what is said
source     Source: what can be asked; LocalSource: the cluster that holds the source volume answers
routes     LocalSource over HTTP
client     RemoteSource: a Source in another cluster
"""
