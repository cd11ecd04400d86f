#!/bin/sh
# Once, when the primary is made: lets a replica ask it for its changes. The password is asked for as everywhere.
set -eu
echo "host replication all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
