#!/usr/bin/env bash
# A counter's sale from the first product to the bill. CLOUD is the cloud's address, TOKEN an API key or a login's token.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
}
id_of() {
	sed 's/^{"id":"\([^"]*\)".*/\1/'
}

apple=$(call "$CLOUD/inventory" -d '{ "sku": "APL-1", "name": "Red Apple", "price": 0.75, "stock": 5, "aliases": ["gala"] }' | id_of)
session=$(call -X POST "$CLOUD/sessions/start" | id_of)

# A detector rarely knows the exact name: alias and likeness are good enough, and the same product is one line.
call "$CLOUD/sessions/$session/scan" -d '{ "detected_name": "Gala", "confidence": 0.93 }'
call "$CLOUD/sessions/$session/scan" -d '{ "detected_name": "red aple", "confidence": 0.71 }'
call "$CLOUD/sessions/$session/items"
call -X POST "$CLOUD/checkout/$session"

# Three are left; ten more come in.
call "$CLOUD/checkout/restock/$apple" -d '{ "quantity": 10 }'
