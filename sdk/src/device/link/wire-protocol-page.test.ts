import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Claims, deriveKey, keyId, open, seal } from "../envelope/envelope.ts";
import { decodeBase64url, encodeBase64url } from "../text/base64url.ts";
import { decodeUtf8 } from "../text/utf8.ts";
import { decodeCobs } from "./cobs.ts";
import { decodeFrame, encodeFrame, FrameType } from "./frame.ts";
import { decodeLinkMessage, encodeLinkMessage } from "./link-message.ts";

const page = readFileSync(new URL("../../../../docs/architecture/wire-protocol.md", import.meta.url), "utf8");

/** The content of the one code block of the page that is marked with this name. */
function block(name: string): string {
	const found = [...page.matchAll(new RegExp(`^\`\`\`[a-z]+ ${name}\\n([^]*?)^\`\`\`$`, "gm"))];
	expect(found, name).toHaveLength(1);
	return found[0]![1]!;
}

const bytesOf = (name: string): Uint8Array => Uint8Array.from(Buffer.from(block(name).replace(/\s/g, ""), "hex"));
const token = block("token").replace(/\s/g, "");

test("the key on the page is the one derived from the secret on the page", () => {
	const key = deriveKey(
		Uint8Array.from({ length: 32 }, (_, index) => index),
		"fridge-1",
		keyId("cloud", "controller", 1),
	);
	expect(encodeBase64url(key.key)).toBe(block("key").trim());
});

test("the claims on the page, sealed with the key on the page, are the token on the page", () => {
	const key = { kid: keyId("cloud", "controller", 1), key: decodeBase64url(block("key").trim())! };
	const claims: Claims = JSON.parse(block("claims"));
	expect(seal(key, claims)).toBe(token);
	expect(open(key, claims, token)).toEqual({ ok: true, claims });
	expect(decodeUtf8(decodeBase64url(token.split(".")[0]!)!)).toBe(block("header").trim());
});

test("the frame on the page is what the bytes of the wire on the page hold", () => {
	const wire = bytesOf("wire");
	expect(decodeCobs(wire.slice(1, -1))).toEqual(bytesOf("frame"));
	const message = encodeLinkMessage("devices/fridge-1/status/hello", "e.e.e");
	const frame = { type: FrameType.Data, from: 0x11223344, to: 0xaabb00dd, sequence: 5, message };
	expect(encodeFrame(frame)).toEqual(wire);
	expect(decodeFrame(wire.slice(1, -1))).toEqual(frame);
	expect(decodeLinkMessage(message)).toEqual({ topic: "devices/fridge-1/status/hello", envelope: "e.e.e" });
});

test("the page names every type of frame with its number", () => {
	for (const [name, type] of Object.entries(FrameType)) {
		expect(page).toContain(`| 0x${type.toString(16)} | ${name.toLowerCase()} |`);
	}
});
