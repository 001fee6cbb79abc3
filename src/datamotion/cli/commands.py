"""All commands, in the order that help shows them."""

from __future__ import annotations

from datamotion.cli.changing import apply, update
from datamotion.cli.copy import copy
from datamotion.cli.demo import demo
from datamotion.cli.drill import drill
from datamotion.cli.lab import lab
from datamotion.cli.lab_fault import fault
from datamotion.cli.lab_pace import pace
from datamotion.cli.looking import check, plan, status
from datamotion.cli.migrate import migrate, migrations
from datamotion.cli.mirrors import abort, break_, pause, reprotect, resume, resync
from datamotion.cli.past import history
from datamotion.cli.removal import gc, unprotect
from datamotion.cli.role import role
from datamotion.cli.serving import failback, failover, settle

_SERVING = (check, plan, apply, status, update)
_MIRRORS = (pause, resume, abort, break_, resync)
_GROUP = (failover, failback, settle, reprotect, unprotect, gc)
COMMANDS = (*_SERVING, *_MIRRORS, *_GROUP, migrate, migrations, copy, history, role, demo)
lab.add_typer(fault)
lab.add_typer(pace)
GROUPS = (drill, lab)
