import {
	createDecipheriv,
	createECDH,
	createPublicKey,
	type ECDH,
	hkdfSync,
	verify as verifySignature,
} from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { Hono } from "hono";
import { z } from "zod";

/** A browser that has subscribed; it reads what the push service brings. */
export interface Browser {
	/** As `PushSubscription.toJSON()` gives it. */
	readonly subscription: {
		readonly endpoint: string;
		readonly keys: { readonly p256dh: string; readonly auth: string };
	};
	/** What its service worker was given, oldest first. */
	readonly messages: unknown[];
}

interface Subscription {
	readonly keys: ECDH;
	readonly auth: Buffer;
	readonly messages: unknown[];
}

const claimsSchema = z.object({ aud: z.string(), exp: z.int(), sub: z.string().regex(/^(mailto:|https:)/) });
const longestTokenSeconds = 86_400;
const mostBytes = 4_096;

/**
 * A browser vendor's push service together with the browsers behind it. It checks what the standards require of an
 * application server, and the browsers decrypt what comes.
 * Source: RFC 8030 (Web Push), RFC 8291 (encryption), RFC 8188 (aes128gcm), RFC 8292 (VAPID).
 */
export class PushService {
	readonly app = new Hono();
	/** Why messages were refused. */
	readonly refusals: string[] = [];
	readonly #origin: string;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #subscriptions = new Map<string, Subscription>();

	/** @param vapidPublicKey the application server that the browsers have subscribed to, base64url */
	constructor(options: { origin: string; clock: Clock; random: Random; vapidPublicKey: string }) {
		this.#origin = options.origin;
		this.#clock = options.clock;
		this.#random = options.random;
		this.app.post("/push/:id", async (context) => {
			const refuse = (status: 400 | 401 | 403 | 410 | 413, reason: string) => {
				this.refusals.push(reason);
				return context.text(reason, status);
			};
			const subscription = this.#subscriptions.get(context.req.param("id"));
			if (subscription === undefined) return refuse(410, "push subscription has unsubscribed or expired");
			if (!/^\d+$/.test(context.req.header("ttl") ?? "")) return refuse(400, "TTL header is missing");
			const forbidden = this.#checkVapid(context.req.header("authorization") ?? "", options.vapidPublicKey);
			if (forbidden !== undefined) return refuse(403, forbidden);
			if (context.req.header("content-encoding") !== "aes128gcm") return refuse(400, "unknown Content-Encoding");
			const body = Buffer.from(await context.req.arrayBuffer());
			if (body.byteLength > mostBytes) return refuse(413, "payload too large");
			subscription.messages.push(JSON.parse(decrypt(subscription, body)));
			context.header("location", `${this.#origin}/message/${randomId(this.#random)}`);
			return context.body(null, 201);
		});
	}

	/** A new browser that has subscribed here. */
	subscribe(): Browser {
		const id = randomId(this.#random);
		const keys = createECDH("prime256v1");
		keys.generateKeys();
		const auth = Buffer.from(this.#random(16));
		const messages: unknown[] = [];
		this.#subscriptions.set(id, { keys, auth, messages });
		return {
			subscription: {
				endpoint: `${this.#origin}/push/${id}`,
				keys: { p256dh: keys.getPublicKey().toString("base64url"), auth: auth.toString("base64url") },
			},
			messages,
		};
	}

	/** The browser has thrown its subscription away. */
	unsubscribe({ subscription }: Browser): void {
		this.#subscriptions.delete(subscription.endpoint.split("/").at(-1) ?? "");
	}

	/** RFC 8292 §2 and §3: `vapid t=<JWT with ES256>, k=<public key>`. */
	#checkVapid(authorization: string, publicKey: string): string | undefined {
		const match = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)$/.exec(authorization);
		if (match === null) return "Authorization is no VAPID header";
		const [, header = "", payload = "", signature = "", key = ""] = match;
		if (key !== publicKey) return "the key is not the one of the subscription";
		const point = Buffer.from(key, "base64url");
		const jwk = { kty: "EC", crv: "P-256", x: base64url(point, 1), y: base64url(point, 33) };
		const good = verifySignature(
			"sha256",
			Buffer.from(`${header}.${payload}`),
			{ key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
			Buffer.from(signature, "base64url"),
		);
		if (!good) return "the token's signature is wrong";
		const claims = claimsSchema.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
		if (!claims.success) return "the token's claims are incomplete";
		const nowSeconds = this.#clock.now() / 1_000;
		const { aud, exp } = claims.data;
		if (aud !== this.#origin) return "the token is for another push service";
		if (exp <= nowSeconds || exp > nowSeconds + longestTokenSeconds) return "the token is expired, or lives too long";
		return undefined;
	}
}

function base64url(point: Buffer, from: number): string {
	return point.subarray(from, from + 32).toString("base64url");
}

/** RFC 8291 §3.4 over RFC 8188 §2.1: salt(16) | record size(4) | length(1) | sender's key | ciphertext. */
function decrypt({ keys, auth }: Subscription, body: Buffer): string {
	const salt = body.subarray(0, 16);
	const keyLength = body.readUInt8(20);
	const senderKey = body.subarray(21, 21 + keyLength);
	const cipherText = body.subarray(21 + keyLength);
	const keyInfo = Buffer.concat([Buffer.from("WebPush: info\0"), keys.getPublicKey(), senderKey]);
	const material = Buffer.from(hkdfSync("sha256", keys.computeSecret(senderKey), auth, keyInfo, 32));
	const contentKey = Buffer.from(hkdfSync("sha256", material, salt, "Content-Encoding: aes128gcm\0", 16));
	const nonce = Buffer.from(hkdfSync("sha256", material, salt, "Content-Encoding: nonce\0", 12));
	const decipher = createDecipheriv("aes-128-gcm", contentKey, nonce);
	decipher.setAuthTag(cipherText.subarray(-16));
	const padded = Buffer.concat([decipher.update(cipherText.subarray(0, -16)), decipher.final()]);
	// One record only: its delimiter is 2, and zeros may follow it.
	return padded.subarray(0, padded.lastIndexOf(2)).toString("utf8");
}
