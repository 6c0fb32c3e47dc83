import { expect, test } from "vitest";
import { makeDevice, xs } from "../../../../hardware-sim/test/simulated-device.ts";
import { deriveKey, keyId, open, seal } from "../envelope/envelope.ts";
import { encodeBase64url } from "../text/base64url.ts";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.ts";
import { encodeFrame, FrameType } from "./frame.ts";
import { encodeLinkMessage } from "./link-message.ts";

const topic = "devices/fridge-1/commands/receipt";
const claims = {
	iss: "cloud",
	aud: "fridge-1/controller",
	jti: "0-1",
	seq: 1,
	topic,
	nonce: "AAECAwQFBgcICQoLDA0ODw",
	body: { saleId: "sale-1", items: [{ name: "jalapeño 🥤 水", quantity: 2 }], totalCents: 350, note: "x".repeat(600) },
};

const program = `
import { deriveKey, keyId, open, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { encodeFrame } from "@visionvend/sdk/device/link/frame";
import { calibrate, toMilligrams } from "@visionvend/sdk/device/scale/calibration";
import { SettleDetector } from "@visionvend/sdk/device/scale/settle-detector";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

export function start(host) {
	const claims = ${JSON.stringify(claims)};
	const key = deriveKey(new Uint8Array(32).fill(9), "fridge-1", keyId("cloud", "controller", 1));
	const token = seal(key, claims);
	host.log("token", { token });
	const opened = open(key, claims, token);
	host.log("opened", opened);
	host.log("refused", open(key, claims, token.slice(0, 300) + (token.charAt(300) === "A" ? "B" : "A") + token.slice(301)));
	host.log("text", { text: decodeUtf8(encodeUtf8(claims.body.items[0].name + "\\ud83e")) });
	const message = encodeLinkMessage(claims.topic, token);
	host.log("frame", { frame: encodeBase64url(encodeFrame({ type: 0x13, from: 0xaaaaaaaa, to: 5, sequence: 258, message })) });

	// Two ends on one board with ten messages of 1.2 kB, and a wire that loses every fifth frame.
	const received = [];
	const ends = [];
	let written = 0;
	const end = (session, far) => new LinkEndpoint({
		session,
		timer: host.timer,
		write: (bytes) => { if (++written % 5 !== 0) ends[far].receive(bytes); },
		onMessage: (bytes, acknowledge) => { received.push(decodeLinkMessage(bytes).envelope.length); host.timer.set(acknowledge, 30); },
	});
	ends.push(end(1, 1), end(0xffffffff, 0));
	for (let index = 0; index < 5; index++) { ends[0].send(message); ends[1].send(message); }
	host.timer.set(() => host.log("link", { received, pending: ends[0].pending + ends[1].pending }), 30000);

	const scale = new SettleDetector({ samples: 3, toleranceMilligrams: 1000, maximumSamples: 5 });
	const calibration = calibrate(84000, 504000, 1000000);
	host.log("scale", [600000, 233000, 233100, 233050].map((counts) => scale.add(toMilligrams(counts, calibration))).filter(Boolean));
}`;

test.skipIf(!xs.ok)(
	"envelope, link, text and scale do on XS, in the memory of an ESP32-S3, what they do on Node",
	async () => {
		const device = await makeDevice("xs", program);
		device.engine.start();
		device.clock.run(40_000_000_000);
		device.engine.stop();
		expect(device.resets).toEqual([]);

		const key = deriveKey(new Uint8Array(32).fill(9), "fridge-1", keyId("cloud", "controller", 1));
		const token = seal(key, claims);
		const message = encodeLinkMessage(topic, token);
		const frame = encodeFrame({ type: FrameType.Data, from: 0xaaaa_aaaa, to: 5, sequence: 258, message });
		expect(device.logged).toEqual([
			["token", { token }],
			["opened", open(key, claims, token)],
			["refused", { ok: false, refusal: "bad-signature" }],
			["text", { text: decodeUtf8(encodeUtf8("jalapeño 🥤 水\ud83e")) }],
			["frame", { frame: encodeBase64url(frame) }],
			["scale", [{ milligrams: 354_881, spreadMilligrams: 238, stable: true }]],
			["link", { received: new Array(10).fill(token.length), pending: 0 }],
		]);
	},
);
