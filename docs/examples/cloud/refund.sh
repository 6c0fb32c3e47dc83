#!/usr/bin/env bash
# Gives a shopper a part of the money back, and then the rest. CLOUD is the cloud's address, TOKEN a token or key with
# orders:write, SALE the id of a paid sale.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}

# What was sold, and what was paid.
call "$CLOUD/api/v1/orders/$SALE"

# 1.50 of it. The button was pressed twice: the same key, so the money goes back once.
for press in 1 2; do
	call "$CLOUD/api/v1/orders/$SALE/manual_refund" -H "Idempotency-Key: stale-chips-$SALE" \
		-d '{ "amountCents": 150, "reason": "The chips were stale." }'
done

# The provider does it within seconds; refundingCents becomes refundedCents.
until call "$CLOUD/api/v1/orders/$SALE" | grep -q '"refundedCents":150'; do sleep 0.1; done

# Everything that is left.
call "$CLOUD/api/v1/orders/$SALE/manual_refund" -d '{ "reason": "The cola was warm, too." }'
until call "$CLOUD/api/v1/orders/$SALE" | grep '"refundedCents":350'; do sleep 0.1; done

# What goes back is never more than was taken.
curl --silent -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
	"$CLOUD/api/v1/orders/$SALE/manual_refund" -d '{ "amountCents": 1, "reason": "Once more." }'
