import type { OutgoingRequest } from "./guarded-sender.ts";
import type { Notice } from "./notice.ts";

// Events API v2: the summary is cut to 1,024 characters, the deduplication key may have 255.
const mostSummaryCharacters = 1_024;
const severityOf = { info: "info", warning: "warning", critical: "critical" } as const;

/**
 * An event for PagerDuty. The alarm's id is the deduplication key: repetitions, and the alarm's end, find the incident.
 * Source: developer.pagerduty.com, "Events API v2: send an alert event".
 */
export function pagerDutyRequest(baseUrl: string, routingKey: string, notice: Notice): OutgoingRequest {
	const { action, alarmId, summary, source, severity, rule, atMs, details } = notice;
	const body = {
		routing_key: routingKey,
		event_action: action,
		dedup_key: alarmId,
		client: "VisionVend",
		...(action === "trigger"
			? {
					payload: {
						summary: summary.slice(0, mostSummaryCharacters),
						source,
						severity: severityOf[severity],
						timestamp: new Date(atMs).toISOString(),
						class: rule,
						custom_details: details,
					},
				}
			: {}),
	};
	return {
		url: `${baseUrl}/v2/enqueue`,
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(body),
	};
}
