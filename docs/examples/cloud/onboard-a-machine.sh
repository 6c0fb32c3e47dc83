#!/usr/bin/env bash
# Onboards a machine, makes another code when its devices are replaced, and looks at them. CLOUD is the cloud's address,
# TOKEN an admin's token.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}
folder=$(dirname "$0")

# The answer has the keys of its devices, this once: read it into a file that only you can read, and carry it from there.
umask 077
call "$CLOUD/api/v1/machines/onboard" --data-binary "@$folder/../onboard-machine.json" --output lobby-1.json
sed 's/.*"claim":{\([^}]*\)"url":"\([^"]*\)".*/to scan, once and within 15 minutes: \2/' lobby-1.json

# Its controller was replaced: a code for the new one.
call -X POST "$CLOUD/api/v1/machines/lobby-1/provision-device" --output new-code.json

# Who is there, and since when silent.
call "$CLOUD/api/v1/devices?query=lobby-1"
