import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { evidenceManifestSchema, evidencePieceBodySchema, verifyEvidence } from "@visionvend/sdk/protocol/evidence";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keys, machineId, saleReport, sealedByController, TestMachine, topics } from "../../test/test-machine.ts";
import type { Eyes } from "../decide/eyes.ts";
import { EvidenceFolder } from "./evidence-folder.ts";

const picture = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 31) & 0xff);
const eyes: Eyes = {
	doorOpened: () => undefined,
	doorClosed: () => undefined,
	look: async () => ({
		vision: { events: [], snapshots: [], blindShelves: [] },
		pictures: [{ name: "camera-0-after.jpg", mediaType: "image/jpeg", bytes: picture }],
	}),
};

let machine: TestMachine;
let folder: string;
beforeEach(() => {
	machine = new TestMachine();
	folder = mkdtempSync(join(tmpdir(), "visionvend-evidence-"));
});
afterEach(async () => {
	await machine.close();
	rmSync(folder, { recursive: true, force: true });
});

let requests = 0;

/** What the cloud seals for the Pi. */
function request(body: object, changes: object = {}): string {
	requests += 1;
	return seal(keys.cloudToPi, {
		iss: "cloud",
		aud: partyName(machineId, "pi"),
		jti: `request-${requests}`,
		seq: requests,
		topic: topics.evidenceRequest,
		iat: Math.floor(machine.clock.now() / 1_000),
		body,
		...changes,
	});
}

/** Asks for a part as the cloud does, piece by piece; `undefined` when there is none. */
async function fetchPart(reportId: string, part: string): Promise<Uint8Array | undefined> {
	const pieces: Buffer[] = [];
	for (let offset = 0, byteLength = 1; offset < byteLength; ) {
		const before = machine.broker.published.length;
		machine.broker.deliver(topics.evidenceRequest, request({ requestId: "r-1", reportId, part, offset }));
		await machine.run(100);
		const answer = machine.broker.published.slice(before).find(({ topic }) => topic === topics.evidence);
		if (answer === undefined) throw new Error(`no answer for ${part} at ${offset}`);
		const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics.evidence };
		const opened = openEnvelope(keys.piToCloud, expected, answer.payload);
		if (!opened.ok) throw new Error(opened.refusal);
		const piece = evidencePieceBodySchema.parse(opened.claims.body);
		if (piece.byteLength < 0) return undefined;
		byteLength = piece.byteLength;
		pieces.push(Buffer.from(piece.data, "base64url"));
		offset += pieces.at(-1)?.length ?? 0;
	}
	return Buffer.concat(pieces);
}

async function sellACola(): Promise<string> {
	machine.eyes = eyes;
	await machine.start();
	machine.send(topics.door, sealedByController(topics.door, { state: "opened", saleId: "sale-1", atMs: 5 }, 1));
	await machine.run(2_000);
	machine.send(topics.saleReport, sealedByController(topics.saleReport, saleReport("sale-1"), 2));
	await machine.run(3_000);
	const [{ body } = expect.unreachable()] = machine.reports;
	return body.reportId;
}

test("the cloud fetches a bundle piece by piece and finds it as it was sealed; one byte changed is found out", async () => {
	const reportId = await sellACola();
	const manifest = Buffer.from((await fetchPart(reportId, "manifest.jws")) ?? []).toString();
	const payload = JSON.parse(Buffer.from(manifest.split(".")[1] ?? "", "base64url").toString());
	const { parts } = evidenceManifestSchema.parse(payload.body);
	expect(parts.map(({ name }) => name)).toEqual([
		"report.jws",
		"decision.json",
		"products.json",
		"weights.json",
		"events.json",
		"camera-0-after.jpg",
	]);
	const files = new Map<string, Uint8Array>();
	for (const { name } of parts) files.set(name, (await fetchPart(reportId, name)) ?? new Uint8Array());
	expect(Buffer.compare(files.get("camera-0-after.jpg") ?? new Uint8Array(), picture)).toBe(0);
	expect(JSON.parse(Buffer.from(files.get("decision.json") ?? []).toString()).happened).toMatchObject([
		{ kind: "taken", shelf: 0, sku: "cola", seen: false },
	]);
	expect(await verifyEvidence(keys.piToCloud, machineId, manifest, files)).toMatchObject({
		ok: true,
		manifest: { saleId: "sale-1", reportId },
	});

	const changed = Uint8Array.from(picture);
	changed[9_999]! ^= 1;
	const check = (parts: Map<string, Uint8Array>, text = manifest, id = machineId) =>
		verifyEvidence(keys.piToCloud, id, text, parts);
	expect(await check(new Map([...files, ["camera-0-after.jpg", changed]]))).toMatchObject({
		ok: false,
		problem: "The part camera-0-after.jpg is not the one that was sealed.",
	});
	expect(await check(new Map([...files, ["more.json", changed]]))).toMatchObject({ ok: false });
	expect(await check(new Map([...files].slice(1)))).toMatchObject({
		ok: false,
		problem: "The part report.jws is missing.",
	});
	expect(await check(files, manifest.replace(/.$/, "A"))).toMatchObject({ ok: false });
	expect(await check(files, manifest, "fridge-2")).toMatchObject({ ok: false });
});

test("nobody but the cloud gets evidence, no name leads out of the folder, and an old request is not answered", async () => {
	const reportId = await sellACola();
	const answers = () => machine.broker.published.filter(({ topic }) => topic === topics.evidence).length;
	const body = { requestId: "r", reportId, part: "manifest.jws", offset: 0 };
	const stale = { iat: Math.floor(machine.clock.now() / 1_000) - 301 };
	const wrong = [
		request({ ...body, part: "../../pi.db" }),
		request({ ...body, reportId: ".." }),
		request(body, stale),
		request(body, { iss: partyName(machineId, "controller") }),
		`${request(body).slice(0, -2)}AA`,
	];
	for (const token of wrong) machine.broker.deliver(topics.evidenceRequest, token);
	await machine.run(1_000);
	expect(answers()).toBe(0);
	expect(await fetchPart(reportId, "nothing.json")).toBeUndefined();
	expect(await fetchPart("unknown-report", "manifest.jws")).toBeUndefined();
});

test("old bundles go, then the oldest that nobody has to look at, until the quota holds", async () => {
	const bundles = new EvidenceFolder(folder, { mostDays: 30, quotaBytes: 3_500 });
	const dayMs = 86_400_000;
	const files = new Map([
		["manifest.jws", Buffer.alloc(200)],
		["weights.json", Buffer.alloc(800)],
	]);
	const keep = (name: string, day: number, isPinned: boolean) =>
		bundles.keep(name, files, { atMs: day * dayMs, isPinned });
	await keep("ancient", 1, true);
	await keep("review", 40, true);
	await keep("older", 41, false);
	await keep("newer", 42, false);
	await keep("newest", 43, false);
	expect(await bundles.tidy(50 * dayMs)).toEqual(["ancient", "older"]);
	expect((await bundles.list()).map(({ reportId }) => reportId)).toEqual(["review", "newer", "newest"]);
	await bundles.unpin("review");
	await keep("another", 44, false);
	expect(await bundles.tidy(50 * dayMs)).toEqual(["review"]);
});

test("what a power cut left half written is no bundle, and is cleared away", async () => {
	const bundles = new EvidenceFolder(folder);
	const files = new Map([["manifest.jws", Buffer.from("x")]]);
	await bundles.keep("whole", files, { atMs: 0, isPinned: false });
	await bundles.keep("cut.new".replace(".new", ""), files, { atMs: 0, isPinned: false });
	rmSync(join(folder, "cut"), { recursive: true });
	writeFileSync(join(folder, "cut.new"), "");
	await bundles.tidy(1);
	expect(readdirSync(folder)).toEqual(["whole"]);
});

test("a disk that takes no evidence costs a line in the log and no sale", async () => {
	writeFileSync(machine.evidenceFolder, "a file where a folder should be");
	await sellACola();
	expect(machine.reports).toHaveLength(1);
	expect(machine.events("evidence.failed")).toHaveLength(1);
});
