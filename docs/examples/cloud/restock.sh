#!/usr/bin/env bash
# Plan a machine anew, pack what it lacks, fill it. CLOUD, TOKEN as ever; MACHINE is a fridge that sells cola and chips.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
}
product() {
	call "$CLOUD/api/v1/products?query=$1" | sed "s/.*\"id\":\"\([^\"]*\)\",\"sku\":\"$1\".*/\1/"
}
cola=$(product cola)
chips=$(product chips)

# What is in the store, as it was counted.
call "$CLOUD/api/v1/stock/movements" -d '{ "movements": [
	{ "reason": "count", "productId": "'"$cola"'", "counted": 48 },
	{ "reason": "count", "productId": "'"$chips"'", "counted": 30 }
] }'

# The planogram to come: up to 10 colas for 2.50 each, and up to 12 chips. It is a draft until the machine is filled.
call "$CLOUD/api/v1/planograms" -d '{ "machineId": "'"$MACHINE"'", "slots": [
	{ "position": "A1", "sku": "cola", "shelf": 0, "capacity": 12, "par": 10, "lowAt": 3, "priceCents": 250 },
	{ "position": "B1", "sku": "chips", "shelf": 1, "capacity": 12, "lowAt": 3 }
] }'

# What to pack, for one machine here; a route lists several in the order of the tour.
list=$(call "$CLOUD/api/v1/restock-lists" -d '{ "machineIds": ["'"$MACHINE"'"] }' |
	sed 's/.*"data":{"id":"\([^"]*\)".*/\1/')
call "$CLOUD/api/v1/restock-lists/$list"

# At the machine: one cola was left; nine were put in, of a lot that expires. From now on it sells by the planogram.
call "$CLOUD/api/v1/restock-lists/$list/machines/$MACHINE/fill" -d '{ "lines": [
	{ "productId": "'"$cola"'", "counted": 1, "put": 9, "lot": { "code": "L7", "expiresOn": "2027-03-01" } },
	{ "productId": "'"$chips"'", "counted": 0, "put": 12 }
] }'

# What is where, what is low, and how many days it lasts.
call "$CLOUD/api/v1/stock?machine_id=$MACHINE"
