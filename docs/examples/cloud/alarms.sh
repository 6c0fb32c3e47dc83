#!/usr/bin/env bash
# Sends alarms to Slack, and asks for one machine to be watched more closely. CLOUD is the cloud's address, TOKEN an
# admin's token, MACHINE a machine's id, SLACK_WEBHOOK the address that Slack gives for an incoming webhook.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"
	echo
}

# Everything from warnings on goes to Slack. For PagerDuty, telephones and mailboxes the target is
# { "kind": "pagerduty", "routingKey": "…" }, { "kind": "sms", "numbers": ["+34600000000"] },
# { "kind": "email", "addresses": ["owner@example.com"] }.
call "$CLOUD/api/v1/notification-channels" -d '{
	"name": "operations",
	"minimumSeverity": "warning",
	"target": { "kind": "slack", "url": "'"$SLACK_WEBHOOK"'" }
}'

# This machine keeps milk: above 4 °C for ten minutes is too warm, and people are told again every half hour.
call -X PUT "$CLOUD/api/v1/alert-rules/temperature?machine_id=$MACHINE" -d '{
	"enabled": true, "threshold": 400, "withinMs": 600000, "severity": "critical", "repeatMs": 1800000
}'

# What is open now.
call "$CLOUD/api/v1/alarms?state=open"
