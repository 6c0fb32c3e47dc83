#!/usr/bin/env bash
# Brings a release to many machines: announce it, send it, plan a campaign, have somebody else approve it, look, stop.
# CLOUD is the cloud's address, TOKEN an admin's token, APPROVER another admin's, RELEASE what `visionvend-pi pack-release`
# wrote, without the ending.
set -euo pipefail

call() {
	curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN" "$@"
	echo
}
json=(-H "Content-Type: application/json")
id_of() {
	sed 's/.*"data":{"id":"\([^"]*\)".*/\1/'
}
folder=$(dirname "$0")

# The manifest first: a maker that this cloud does not know is refused. Then the content, which must be what was signed.
artifact=$(call "${json[@]}" "$CLOUD/api/v1/ota/artifacts" -d '{ "kind": "pi", "manifest": '"$(cat "$RELEASE.json")"' }' | id_of)
call -X PUT "$CLOUD/api/v1/ota/artifacts/$artifact/content" \
	-H "Content-Type: application/octet-stream" --data-binary "@$RELEASE.tar.gz"

# The plan: one machine in a hundred, a day's wait, one in ten, and so on. It waits for approval.
campaign=$(sed "s/\"controller\": \"ARTIFACT_ID\"/\"pi\": \"$artifact\"/" "$folder/../campaign.json" |
	call "${json[@]}" "$CLOUD/api/v1/ota/campaigns" --data-binary @- | id_of)

# Whoever planned it cannot approve it.
curl --silent -X POST -H "Authorization: Bearer $TOKEN" "$CLOUD/api/v1/ota/campaigns/$campaign/approve"
echo
curl --silent --fail-with-body -X POST -H "Authorization: Bearer $APPROVER" "$CLOUD/api/v1/ota/campaigns/$campaign/approve"
echo

# How far it has come, machine by machine; and the handbrake.
call "$CLOUD/api/v1/ota/campaigns/$campaign/targets"
call -X POST "$CLOUD/api/v1/ota/campaigns/$campaign/stop"
