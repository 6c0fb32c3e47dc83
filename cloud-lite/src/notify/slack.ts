import type { OutgoingRequest } from "./guarded-sender.ts";
import { headline, type Notice } from "./notice.ts";

const colours = { info: "#4a90d9", warning: "#d9a400", critical: "#c9302c" } as const;
// Block Kit: a section's text has at most 3,000 characters, its fields 2,000 each and ten in number.
const mostFields = 10;
const mostFieldCharacters = 500;

/**
 * A message for a Slack incoming webhook. What comes from outside is escaped, so a product's name can mention nobody.
 * Source: docs.slack.dev, "Sending messages using incoming webhooks", "Formatting message text".
 */
export function slackRequest(url: string, notice: Notice): OutgoingRequest {
	const { source, rule, severity, action, details } = notice;
	const fields = { Where: source, Rule: rule, ...details };
	const body = {
		text: escaped(headline(notice)),
		attachments: [
			{
				color: action === "resolve" ? "#3c8f4f" : colours[severity],
				blocks: [
					{
						type: "section",
						fields: Object.entries(fields)
							.slice(0, mostFields)
							.map(([name, value]) => ({
								type: "mrkdwn",
								text: `*${escaped(name)}*\n${escaped(String(value).slice(0, mostFieldCharacters))}`,
							})),
					},
				],
			},
		],
	};
	return { url, method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
