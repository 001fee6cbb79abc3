"""/network/ip/interfaces"""
