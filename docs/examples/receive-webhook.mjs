// Receives VisionVend's webhooks; it needs nothing but Node: WEBHOOK_SECRET=whsec_… PORT=3000 node receive-webhook.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace("whsec_", ""), "base64");
const seen = new Set();

/** Standard Webhooks 1.0: an HMAC over id, time and the raw body, made within the last five minutes. */
function isSigned(headers, body) {
	const { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signatures = "" } = headers;
	if (!(Math.abs(Date.now() / 1000 - Number(seconds)) < 300)) return false;
	const expected = createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest();
	// While the secret is changed there are two signatures; one that fits is enough.
	return signatures.split(" ").some((signature) => {
		const given = Buffer.from(signature.replace("v1,", ""), "base64");
		return given.length === expected.length && timingSafeEqual(given, expected);
	});
}

const server = createServer(async (request, response) => {
	const parts = [];
	for await (const part of request) parts.push(part);
	// The signature is over these very bytes; JSON that is parsed and written again has others.
	const body = Buffer.concat(parts);
	if (!isSigned(request.headers, body)) {
		response.writeHead(401).end("no valid signature");
		return;
	}
	// An event may come twice. It has the same id then.
	const id = request.headers["webhook-id"];
	if (!seen.has(id)) {
		seen.add(id);
		const event = JSON.parse(body);
		console.log(event.type, JSON.stringify(event.data));
	}
	response.writeHead(204).end();
});

server.listen(Number(process.env.PORT), () => console.log(`listening on ${server.address().port}`));
