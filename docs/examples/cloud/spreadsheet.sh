#!/usr/bin/env bash
# Connects a Google spreadsheet and looks at what a synchronisation would do before it does it. CLOUD is the cloud's
# address, TOKEN an admin's token, SPREADSHEET the spreadsheet's address in the browser.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}

# "serviceAccount" is the address to share the spreadsheet with, as an editor.
call "$CLOUD/api/v1/sheets/link"

call -X PUT "$CLOUD/api/v1/sheets/link" -d '{ "spreadsheet": "'"$SPREADSHEET"'", "currency": "usd", "enabled": false }'
call -X POST "$CLOUD/api/v1/sheets/sync?dry_run=true"
call -X POST "$CLOUD/api/v1/sheets/sync"

# Where both sides changed the same thing, say who wins.
call -X POST "$CLOUD/api/v1/sheets/sync" -d '{ "resolve": [{ "key": "cola", "field": "priceCents", "winner": "sheet" }] }'
