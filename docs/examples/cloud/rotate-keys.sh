#!/usr/bin/env bash
# A new key for a program and for a device, while both go on. CLOUD is the cloud's address, TOKEN an admin's token,
# DEVICE_KEY the key that a device has.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}
field() {
	sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"
}
# Whether a key opens a list: 200 or 401.
try() {
	curl --silent --output /dev/null --write-out "%{http_code}\n" -H "X-API-Key: $1" "$CLOUD/api/v1/products"
}

made=$(call "$CLOUD/api/v1/api-keys" -d '{ "name": "bookkeeping", "permissions": ["products:read"] }')
old=$(field key <<<"$made")
id=$(field keyId <<<"$made")

# The old one goes on for seven days: time to bring the new one to the program.
new=$(call -X POST "$CLOUD/api/v1/api-keys/$id/rotate" | field key)
try "$old"
try "$new"

# Or at once, when somebody has seen it who should not have.
call -X DELETE "$CLOUD/api/v1/api-keys/$id" >/dev/null
try "$old"

# A device changes its own key.
curl --silent --fail-with-body -X POST -H "Authorization: Bearer $DEVICE_KEY" "$CLOUD/api/v1/auth/device-key/rotate"
