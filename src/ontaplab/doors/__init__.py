"""How clients reach the bytes in volumes, beside the REST API.

doors      one cluster's doors: where its clients begin
nfs, smb   hosts of either protocol, and what each of their requests is judged by
opened     what a host has open: its requests
access     what export policies grant, remembered as ONTAP remembers it
namespace  which volume is at a path
writing    all that writes to volumes, by a door or by the API
routes     the doors of a cluster that is a process, at /lab/nfs and /lab/smb
remote     hosts that use those
errors     what hosts are told
"""
