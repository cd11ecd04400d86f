#!/bin/sh
# A streaming replica of $PRIMARY: copied from it the first time, then following it. The primary keeps for it, in a slot,
# what it has not been sent yet, so that it can be away for a while.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    PGPASSWORD="$(cat "$PASSWORD_FILE")"
    export PGPASSWORD
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    psql --host "$PRIMARY" --username counterclaim --dbname counterclaim --quiet --output /dev/null --command \
        "SELECT pg_create_physical_replication_slot('replica')
         WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'replica')"
    pg_basebackup --host "$PRIMARY" --username counterclaim --pgdata "$PGDATA" \
        --write-recovery-conf --wal-method stream --checkpoint fast --slot replica
fi
exec postgres "$@"
