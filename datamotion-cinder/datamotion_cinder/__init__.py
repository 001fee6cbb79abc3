"""Cinder's NetApp drivers, whose replication is done by datamotion, in a child process an operation.

Nothing here imports datamotion or an event loop: the program may be installed in an environment of its own, and under
eventlet's patching a second event loop in a process fails.
"""
