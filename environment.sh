#!/bin/sh
# The virtual environment of this checkout is whole or not there. For the Makefile:
#   environment.sh make PYTHON [asked]    it is there, made by that interpreter, or by any if nobody asked for that one
#   environment.sh install WHAT STAMP     pip has installed that into it, and the stamp is newer than all else
#
# Whole is one whose interpreter says what the stamp says: which one it is, and where. It says something else in a
# checkout that was moved, and once the system's Python was replaced.
set -u
venv=.venv
stamp=$venv/.made
changing=$venv/.changing # what a pip that was killed leaves looks installed, so it leaves this too

which_one() { "$1" -c 'import sys; print(*sys.version_info[:2], sys.base_prefix)' 2>/dev/null; }

described() { which_one $venv/bin/python && $venv/bin/python -c 'import sys; print(sys.prefix)'; }

whole() { test -e $stamp && test ! -e $changing && test "$(described)" = "$(cat $stamp)"; }

make() {
    if whole && { test -z "${2-}" || test "$(which_one "$1")" = "$(which_one $venv/bin/python)"; }; then
        return
    fi
    if ! "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "datamotion needs Python 3.11 or later${1:+, which $1 is not}: set PYTHON=/path/to/python3.11" >&2
        exit 2
    fi
    rm -rf $venv
    if ! "$1" -m venv $venv || ! described >$stamp; then
        rm -rf $venv
        exit 2
    fi
}

install() {
    echo "pip installs what datamotion needs into $venv"
    touch $changing
    trap 'exit 130' HUP INT TERM
    if $venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable "$1"; then
        touch "$2"
        rm $changing
        return
    fi
    if test -e $venv/.run; then # pip failed before it changed what had been whole
        rm $changing
    else
        rm -rf $venv
    fi
    echo "pip says above why it could not install them. It needs an index of packages the first time, and whenever" \
        "pyproject.toml or constraints.txt has changed. PIP_INDEX_URL names another one than PyPI." >&2
    exit 2
}

"$@"
