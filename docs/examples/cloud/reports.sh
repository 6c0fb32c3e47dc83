#!/usr/bin/env bash
# Looks at sales, saves them for a spreadsheet, has them sent every Monday, and reads a machine as a vending system would.
# CLOUD is the cloud's address, TOKEN an admin's token, MACHINE a machine's id.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}

call "$CLOUD/api/v1/dashboard/summary?from=2026-01-01&to=2026-01-31&time_zone=Europe/Madrid"
call "$CLOUD/api/v1/exports/sales?from=2026-01-01&to=2026-01-31&by=line"
call "$CLOUD/api/v1/report-schedules" -d '{
	"every": "week", "by": "product", "hour": 7, "timeZone": "Europe/Madrid", "recipients": ["owner@example.com"]
}'
call -X POST "$CLOUD/api/v1/machines/$MACHINE/eva-dts"
