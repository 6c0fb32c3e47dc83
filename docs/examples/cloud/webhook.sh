#!/usr/bin/env bash
# Has a program told of sales, and looks at what could not be delivered. CLOUD is the cloud's address, TOKEN an admin's
# token, RECEIVER the program's address.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}

# The answer has the secret, once. Keep it where the program reads its settings.
call "$CLOUD/api/v1/webhooks" -d '{ "url": "'"$RECEIVER"'", "eventTypes": ["sale.captured", "alarm.*"] }'

call "$CLOUD/api/v1/deliveries?state=dead"
