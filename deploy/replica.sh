#!/bin/sh
# A streaming replica of $PRIMARY: copied from it the first time, then following it. The primary keeps for it, in a slot,
# what it has not been sent yet, so that it can be away for a while.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    PGPASSWORD="$(cat "$PASSWORD_FILE")"
    export PGPASSWORD
    rm -rf "$PGDATA" "$PGDATA.new" # a copy counts only when it is whole
    mkdir -p "$PGDATA.new"
    chmod 700 "$PGDATA.new"
    for slot in "pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'replica'" \
        "pg_create_physical_replication_slot('replica')"; do # a new copy needs nothing of what an old one had to be sent
        psql --host "$PRIMARY" --username counterclaim --dbname counterclaim --quiet --output /dev/null --command "SELECT $slot"
    done
    pg_basebackup --host "$PRIMARY" --username counterclaim --pgdata "$PGDATA.new" \
        --write-recovery-conf --wal-method stream --checkpoint fast --slot replica
    mv "$PGDATA.new" "$PGDATA"
fi
exec postgres "$@"
