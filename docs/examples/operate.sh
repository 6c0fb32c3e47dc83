#!/usr/bin/env bash
# A cloud's whole life without a shopper: made, copied, lost, brought back, and its tenant moved to another one. Runs in
# the folder where it stands; JWT_SECRET is set, as for `serve`.
set -euo pipefail

export DATABASE_URL=file:shop.db

# The first admin; the database is made with it.
visionvend-cloud create-user --email ada@example.com --password 'a good long password' --name Ada

# Every night, while the service runs. The copy has the machines' secrets: keep it as you keep the original.
visionvend-cloud backup --out backup.db

# The disk is gone. The service is stopped, and what is left of the database is moved away.
mkdir lost && mv shop.db* lost/
visionvend-cloud restore --from backup.db

# The shop moves to a cloud of its own, in a file that only the key opens.
export TENANT_FILE_KEY="for the way, and for nobody who finds the file"
visionvend-cloud tenant export --tenant default --out moving.db
DATABASE_URL=file:own.db visionvend-cloud tenant import --from moving.db
