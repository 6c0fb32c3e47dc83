#!/usr/bin/env bash
# One price for one product, then many by a file. CLOUD is the cloud's address, TOKEN an API key or a login's token.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" "$@"
}
json=(-H "Content-Type: application/json")

# Which product, and in which version it was read.
cola=$(call "$CLOUD/api/v1/products?query=cola" | sed 's/.*"id":"\([^"]*\)","sku":"cola".*/\1/')
version=$(call "$CLOUD/api/v1/products/$cola" | sed 's/.*"version":\([0-9]*\).*/\1/')

# 2.25 from the next sale on, in every machine; refused when somebody else changed the product meanwhile.
call -X PATCH "${json[@]}" -H "If-Match: \"$version\"" "$CLOUD/api/v1/products/$cola" -d '{ "priceCents": 225 }'

# Many: what would the file do? Then do it.
folder=$(dirname "$0")
call -H "Content-Type: text/csv" --data-binary "@$folder/../products.csv" "$CLOUD/api/v1/imports/products?dry_run=true"
call -H "Content-Type: text/csv" --data-binary "@$folder/../products.csv" "$CLOUD/api/v1/imports/products"

call "$CLOUD/api/v1/exports/products"
