import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";
import { jpegBytes, VisionService } from "../../test/vision-services.ts";
import { piDetector } from "./pi-detector.ts";

let world: TwoTenants;
let service: VisionService;
const image = Buffer.from(jpegBytes).toString("base64");

beforeAll(async () => {
	service = await VisionService.start();
	world = await TwoTenants.open({ detector: piDetector({ fetch, url: service.url, timeoutMs: 5_000 }) });
});
afterAll(async () => {
	await world.close();
	service.close();
});

async function add(fields: object): Promise<string> {
	const { body } = await world.request("operator", "POST", "/inventory", fields);
	return body.id;
}

async function start(): Promise<string> {
	const { body } = await world.request("device", "POST", "/sessions/start");
	return body.id;
}

test("1.2 1.3 1.18 a session begins active, bare on the short path and in the envelope on the other", async () => {
	const begun = await world.request("operator", "POST", "/sessions/start");
	expect(begun.status).toBe(201);
	expect(begun.body).toEqual({
		id: expect.any(String),
		status: "active",
		check_in_time: "2026-01-01T09:00:00.000Z",
		check_out_time: null,
		total_amount: 0,
		currency: null,
		created_at: "2026-01-01T09:00:00.000Z",
	});
	expect((await world.request("viewer", "GET", `/sessions/${begun.body.id}`)).body).toEqual(begun.body);
	expect((await world.request("viewer", "GET", `/api/v1/sessions/${begun.body.id}`)).body).toEqual({
		ok: true,
		data: begun.body,
	});
});

test("1.5 1.6 1.9 1.19 scans become items, and the bill is what they cost", async () => {
	const apple = await add({ sku: "APL-1", name: "Red Apple", category: "fruit", price: 0.75, stock: 5 });
	const id = await start();
	const scan = await world.request("device", "POST", `/sessions/${id}/scan`, {
		detected_name: "red aple",
		confidence: 0.66,
	});
	expect(scan.status).toBe(200);
	expect(scan.body).toMatchObject({
		session_id: id,
		inventory_id: apple,
		detected_name: "red aple",
		matched_by: "fuzzy",
		confidence: 0.66,
		quantity: 1,
		unit_price: 0.75,
		first_seen: "2026-01-01T09:00:00.000Z",
	});
	await world.request("device", "POST", `/sessions/${id}/scan`, { detected_name: "APL-1", confidence: 0.9 });
	const items = await world.request("viewer", "GET", `/sessions/${id}/items`);
	expect(items.body).toMatchObject([{ inventory_id: apple, quantity: 2, confidence: 0.9 }]);
	const bill = await world.request("operator", "POST", `/checkout/${id}`);
	expect(bill.body).toEqual({
		session_id: id,
		items: [{ inventory_id: apple, sku: "APL-1", name: "Red Apple", quantity: 2, unit_price: 0.75, line_total: 1.5 }],
		total: 1.5,
		total_cents: 150,
		currency: "usd",
	});
	expect((await world.request("viewer", "GET", `/sessions/${id}`)).body).toMatchObject({
		status: "completed",
		total_amount: 1.5,
		check_out_time: "2026-01-01T09:00:00.000Z",
	});
	expect((await world.request("viewer", "GET", `/inventory/${apple}`)).body).toMatchObject({ stock: 3 });
});

test("1.16 errors carry what is wrong in detail: 400, 404 and 409", async () => {
	const id = await start();
	await add({ sku: "PEAR", name: "Pear", price: 1, stock: 1 });
	for (const [path, body, status, code] of [
		[`/sessions/${id}/scan`, { detected_name: "Pear", confidence: 1.5 }, 400, "invalid_request"],
		[`/sessions/${id}/scan`, { detected_name: "  ", confidence: 1 }, 400, "invalid_request"],
		["/sessions/none/scan", { detected_name: "Pear", confidence: 1 }, 404, "session_unknown"],
		["/checkout/none", undefined, 404, "session_unknown"],
		[`/checkout/${id}`, undefined, 409, "session_empty"],
	] as const) {
		const answer = await world.request("operator", "POST", path, body);
		expect([path, answer.status, answer.body.code]).toEqual([path, status, code]);
	}
	for (let scan = 0; scan < 3; scan += 1) {
		await world.request("operator", "POST", `/sessions/${id}/scan`, { detected_name: "PEAR", confidence: 1 });
	}
	const short = await world.request("operator", "POST", `/checkout/${id}`);
	expect(short.status).toBe(409);
	expect(short.body.detail).toBe("Insufficient stock for Pear. Available: 1, Required: 3");
});

test("1.4 1.13 unmatched items are told apart, assigned and removed over the API; ending needs no bill", async () => {
	const plum = await add({ sku: "PLUM", name: "Plum", price: 1, stock: 5 });
	const id = await start();
	const { body: strange } = await world.request("device", "POST", `/sessions/${id}/scan`, {
		detected_name: "zzz",
		confidence: 0.1,
	});
	expect(strange).toMatchObject({ inventory_id: null, matched_by: null, unit_price: null });
	expect((await world.request("operator", "POST", `/checkout/${id}`)).body.code).toBe("items_unmatched");
	const assigned = await world.request("operator", "PUT", `/sessions/${id}/items/${strange.id}`, {
		inventory_id: plum,
	});
	expect(assigned.body).toMatchObject({ inventory_id: plum, matched_by: "person", quantity: 1 });
	const twice = await world.request("operator", "PUT", `/sessions/${id}/items/${assigned.body.id}`, {
		inventory_id: plum,
	});
	expect(twice.status).toBe(409);
	expect((await world.request("operator", "DELETE", `/sessions/${id}/items/${assigned.body.id}`)).status).toBe(200);
	expect((await world.request("operator", "DELETE", `/sessions/${id}/items/${assigned.body.id}`)).status).toBe(404);
	const ended = await world.request("operator", "POST", `/sessions/${id}/end`);
	expect(ended.body).toMatchObject({ status: "completed", total_amount: 0 });
});

test("1.12 a picture's candidates are ranked by confidence, counted by product, and added to nothing", async () => {
	const mango = await add({ sku: "MNG", name: "Mango", price: 2, stock: 5, aliases: ["alphonso"] });
	service.answer = {
		status: 200,
		body: JSON.stringify({
			model: "rt-detr",
			boxes: [
				{ label: "alphonso", score: 0.5 },
				{ label: "hand", score: 0.99 },
				{ label: "Mango", score: 0.8 },
			],
		}),
	};
	const id = await start();
	const { status, body } = await world.request("device", "POST", `/sessions/${id}/scan/detect-from-image`, {
		image_base64: `data:image/jpeg;base64,${image}`,
	});
	expect(status).toBe(200);
	expect(body).toEqual({
		results: [
			{ inventory_id: null, name: "hand", sku: null, confidence: 0.99, quantity: 1, matched_from: "hand" },
			{ inventory_id: mango, name: "Mango", sku: "MNG", confidence: 0.8, quantity: 2, matched_from: "alphonso" },
		],
		processing_time_ms: 0,
		model_used: "rt-detr",
	});
	expect((await world.request("device", "GET", `/sessions/${id}/items`)).body).toEqual([]);
});

test("1.12 what is no picture is refused, and a detector's fault is not called the caller's", async () => {
	const id = await start();
	const path = `/api/v1/sessions/${id}/scan/detect-from-image`;
	const text = Buffer.from("<svg/>").toString("base64");
	expect((await world.request("device", "POST", path, { image_base64: text })).body.code).toBe("image_invalid");
	service.answer = { status: 500, body: "" };
	expect((await world.request("device", "POST", path, { image_base64: image })).status).toBe(502);
	await world.request("device", "POST", `/sessions/${id}/end`);
	expect((await world.request("device", "POST", path, { image_base64: image })).status).toBe(409);
	const blind = await TwoTenants.open();
	const { body } = await blind.request("device", "POST", "/sessions/start");
	const off = await blind.request("device", "POST", `/sessions/${body.id}/scan/detect-from-image`, {
		image_base64: image,
	});
	expect([off.status, off.body.code]).toEqual([503, "detector_off"]);
	await blind.close();
});

test("1.30 nobody scans without a right to, or in another tenant's session", async () => {
	const id = await start();
	const scan = { detected_name: "Pear", confidence: 1 };
	for (const [caller, status] of [
		["anonymous", 401],
		["shopper", 403],
		["viewer", 403],
	] as const) {
		expect((await world.request(caller, "POST", `/sessions/${id}/scan`, scan)).status).toBe(status);
		expect((await world.request(caller, "POST", `/checkout/${id}`)).status).toBe(status);
	}
	for (const [method, path, body] of [
		["GET", `/sessions/${id}`, undefined],
		["GET", `/sessions/${id}/items`, undefined],
		["POST", `/sessions/${id}/scan`, scan],
		["POST", `/sessions/${id}/end`, undefined],
		["POST", `/checkout/${id}`, undefined],
		["POST", `/sessions/${id}/scan/detect-from-image`, { image_base64: image }],
	] as const) {
		const answer = await world.request("admin", method, path, body, { tenant: world.beta });
		expect([path, answer.status]).toEqual([path, 404]);
	}
});
