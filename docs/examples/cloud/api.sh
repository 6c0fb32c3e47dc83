#!/usr/bin/env bash
# How a program asks the cloud. CLOUD is its address, TOKEN a login's token, MACHINE a machine's id.
set -euo pipefail

call() {
	curl --silent --show-error -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}

# A key for the program. It is shown this once; the program sends it as X-API-Key, or as the token.
call -X POST "$CLOUD/api/v1/api-keys" -d '{ "name": "bookkeeping", "permissions": ["orders:read"] }'

# A list, page by page: meta.nextCursor leads to the next one, until it is null.
call "$CLOUD/api/v1/products?limit=1"

# A change over the version that was read: the ETag. Who comes second is told 412 and reads again.
version=$(call "$CLOUD/api/v1/machines/$MACHINE" --dump-header - --output /dev/null | tr -d "\r" | sed -n 's/^etag: //ip')
call -X PATCH "$CLOUD/api/v1/machines/$MACHINE" -H "If-Match: $version" -d '{ "name": "Lobby, by the stairs" }'
call -X PATCH "$CLOUD/api/v1/machines/$MACHINE" -H "If-Match: $version" -d '{ "name": "Lobby" }'

# A POST whose answer was lost is sent again under its key: done once, answered twice.
for attempt in 1 2; do
	call -X POST "$CLOUD/api/v1/locations" -H "Idempotency-Key: hall-2026-11" -d '{ "name": "Hall" }'
done
call "$CLOUD/api/v1/locations?limit=5"
